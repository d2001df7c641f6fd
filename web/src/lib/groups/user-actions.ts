import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left'

import ExternalLink from '@lucide/svelte/icons/external-link'
import Mail from '@lucide/svelte/icons/mail'
import Pause from '@lucide/svelte/icons/pause'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Play from '@lucide/svelte/icons/play'
import Power from '@lucide/svelte/icons/power'
import UserMinus from '@lucide/svelte/icons/user-minus'
import UserRound from '@lucide/svelte/icons/user-round'
import { mutate } from '#lib/graphql/mutate.ts'
import { openingOf } from '#lib/instances/address.ts'
import { PauseInstance, ResumeInstance } from '#lib/instances/mutations.ts'
import type { MenuItem } from '#lib/ui/Menu.svelte'
import { setParams } from '#lib/ui/url-state.ts'
import type { OnAsk } from './ask.ts'
import { startUser } from './runs.svelte.ts'
import { isActive } from './tally.ts'
import type { ListedGroup, ListedUser } from './types.ts'

/** Where the user's VS Code opens; null unless the sandbox runs. */
export function vsCodeOf({ instance }: ListedUser): string | null {
  return instance?.state === 'RUNNING' ? openingOf(instance) : null
}

/** The actions that get a button in the current state. */
export function quickActions(user: ListedUser): MenuItem[] {
  const { instance, username } = user
  const items: MenuItem[] = []
  if (!isActive(instance?.state))
    items.push({ label: `Start ${username}`, icon: Play, onselect: () => void startUser(user) })
  const url = vsCodeOf(user)
  if (url) items.push({ label: `Open VS Code of ${username}`, icon: ExternalLink, href: url, external: true })
  if (instance?.commands.includes('PAUSE')) {
    const onselect = () => void mutate(PauseInstance, { id: instance.id })
    items.push({ label: `Pause ${username}`, icon: Pause, onselect })
  }
  if (instance?.commands.includes('RESUME')) {
    const onselect = () => void mutate(ResumeInstance, { id: instance.id })
    items.push({ label: `Resume ${username}`, icon: Play, onselect })
  }
  return items
}

/** Every action on a user. */
export function menuOf(user: ListedUser, group: ListedGroup, ask: OnAsk): MenuItem[] {
  const { instance, id } = user
  const isDisabled = (command: 'PAUSE' | 'RESUME' | 'KILL') => !instance?.commands.includes(command)
  const url = vsCodeOf(user)
  return [
    { label: 'Details', icon: UserRound, onselect: () => setParams({ user: id }, true) },
    { label: 'Start', icon: Play, separated: true, onselect: () => void startUser(user) },
    { label: 'Open VS Code', icon: ExternalLink, href: url ?? undefined, external: true, disabled: !url },
    {
      label: 'Pause',
      icon: Pause,
      disabled: isDisabled('PAUSE'),
      onselect: () => void (instance && mutate(PauseInstance, { id: instance.id })),
    },
    {
      label: 'Resume',
      icon: Play,
      disabled: isDisabled('RESUME'),
      onselect: () => void (instance && mutate(ResumeInstance, { id: instance.id })),
    },
    {
      label: 'Kill…',
      icon: Power,
      danger: true,
      disabled: isDisabled('KILL'),
      onselect: () => ask({ what: 'kill instance', user, group }),
    },
    { label: 'Rename…', icon: PencilLine, separated: true, onselect: () => ask({ what: 'rename user', user, group }) },
    { label: 'Set e-mail…', icon: Mail, onselect: () => ask({ what: 'set email', user, group }) },
    { label: 'Transfer…', icon: ArrowRightLeft, onselect: () => ask({ what: 'transfer user', user, group }) },
    { label: 'Delete…', icon: UserMinus, danger: true, onselect: () => ask({ what: 'delete user', user, group }) },
  ]
}
