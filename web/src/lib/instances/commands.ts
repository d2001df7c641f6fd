import type { TypedDocumentNode } from '@urql/svelte'
import ClockPlus from '@lucide/svelte/icons/clock-plus'
import Pause from '@lucide/svelte/icons/pause'
import Play from '@lucide/svelte/icons/play'
import Power from '@lucide/svelte/icons/power'
import RefreshCcw from '@lucide/svelte/icons/refresh-ccw'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import type { InstanceCommand, InstanceRowFragment, PauseInstancesMutation } from '#lib/graphql/generated/graphql.ts'
import type { IconComponent } from '#lib/ui/icon.ts'
import * as documents from './mutations.ts'

type Row = Pick<InstanceRowFragment, 'group' | 'username' | 'endedAt' | 'commands'>

/** How a command is offered. */
export interface CommandLook {
  command: InstanceCommand
  label: string
  icon: IconComponent
  danger?: boolean
}

/** The commands, in the order they are offered. Three dots: it asks something first. */
const looks: CommandLook[] = [
  { command: 'pause', label: 'Pause', icon: Pause },
  { command: 'resume', label: 'Resume', icon: Play },
  { command: 'restart', label: 'Restart', icon: RotateCw },
  { command: 'renew', label: 'Renew…', icon: ClockPlus },
  { command: 'recreate', label: 'Recreate…', icon: RefreshCcw },
  { command: 'kill', label: 'Kill…', icon: Power, danger: true },
]

const startAgain: CommandLook = { command: 'recreate', label: 'Start again', icon: Play }

/** What the server lets one do with it now. */
export function offersOf(row: Row): CommandLook[] {
  return looks
    .filter(({ command }) => row.commands.includes(command))
    .map((look) => (look.command === 'recreate' && row.endedAt ? startAgain : look))
}

/** Who it is for, as people say it. */
export function labelOf({ group, username }: Pick<Row, 'group' | 'username'>): string {
  return `${group}/${username}`
}

/** A command that needs nothing but to be sent. */
export type SimpleCommand = 'pause' | 'resume' | 'restart' | 'kill'

/** The mutation of each simple command. */
export const simple: Record<SimpleCommand, TypedDocumentNode<unknown, { id: string }>> = {
  pause: documents.PauseInstance,
  resume: documents.ResumeInstance,
  restart: documents.RestartInstance,
  kill: documents.KillInstance,
}

/** A command that many instances can be given at once. */
export type BulkCommand = 'pause' | 'resume' | 'kill'

/** The bulk commands, in the order they are offered. */
export const bulk: {
  command: BulkCommand
  label: string
  /** What became of those it was done to. */
  done: string
  icon: IconComponent
  mutation: TypedDocumentNode<PauseInstancesMutation, { ids: string[] | string }>
}[] = [
  { command: 'pause', label: 'Pause', done: 'paused', icon: Pause, mutation: documents.PauseInstances },
  { command: 'resume', label: 'Resume', done: 'resumed', icon: Play, mutation: documents.ResumeInstances },
  { command: 'kill', label: 'Kill…', done: 'killed', icon: Power, mutation: documents.KillInstances },
]
