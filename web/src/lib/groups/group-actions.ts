import Link from '@lucide/svelte/icons/link'
import Network from '@lucide/svelte/icons/network'
import PencilLine from '@lucide/svelte/icons/pencil-line'
import Printer from '@lucide/svelte/icons/printer'
import RotateCcw from '@lucide/svelte/icons/rotate-ccw'
import Trash from '@lucide/svelte/icons/trash-2'
import UserPlus from '@lucide/svelte/icons/user-plus'
import { resolve } from '$app/paths'
import { mutate } from '#lib/graphql/mutate.ts'
import type { MenuItem } from '#lib/ui/Menu.svelte'
import type { OnAsk } from './ask.ts'
import { UpdateGroup } from './mutations.ts'
import { runs } from './runs.svelte.ts'
import type { Tally } from './tally.ts'
import type { ListedGroup } from './types.ts'

/** Every action on a group except starting it. */
export function menuOfGroup(
  group: ListedGroup,
  tally: Tally,
  { onadd, onask }: { onadd: () => void; onask: OnAsk },
): MenuItem[] {
  return [
    { label: 'Add user…', icon: UserPlus, onselect: onadd },
    { label: 'Rename…', icon: PencilLine, onselect: () => onask({ what: 'rename group', group }) },
    {
      label: `Retry failed (${tally.failed})`,
      icon: RotateCcw,
      disabled: tally.failed === 0,
      onselect: () => void runs.retry(group),
    },
    { label: 'Join links…', icon: Link, separated: true, onselect: () => onask({ what: 'join links', group }) },
    {
      label: 'Print cards…',
      icon: Printer,
      disabled: tally.users === 0,
      href: `${resolve('/groups/cards')}?group=${group.id}`,
    },
    {
      label: group.peerAccess ? 'Isolate sandboxes from each other' : 'Let sandboxes reach each other',
      icon: Network,
      onselect: () => void setPeerAccess(group, !group.peerAccess),
    },
    {
      label: 'Delete…',
      icon: Trash,
      danger: true,
      separated: true,
      onselect: () => onask({ what: 'delete group', group }),
    },
  ]
}

async function setPeerAccess({ id, name }: ListedGroup, peerAccess: boolean): Promise<void> {
  const success = peerAccess
    ? `Sandboxes of ${name} can now reach each other over the network.`
    : `Sandboxes of ${name} can no longer reach each other.`
  await mutate(UpdateGroup, { input: { id, peerAccess } }, { success })
}
