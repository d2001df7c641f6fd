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

type Row = Pick<InstanceRowFragment, 'groupName' | 'username' | 'endedAt' | 'commands'>

/** How a command is shown. */
export interface CommandLook {
  command: InstanceCommand
  label: string
  icon: IconComponent
  danger?: boolean
}

/** The commands, in the order of the menus. Three dots mean that it asks something first. */
const looks: CommandLook[] = [
  { command: 'PAUSE', label: 'Pause', icon: Pause },
  { command: 'RESUME', label: 'Resume', icon: Play },
  { command: 'RESTART', label: 'Restart', icon: RotateCw },
  { command: 'RENEW', label: 'Renew…', icon: ClockPlus },
  { command: 'RECREATE', label: 'Recreate…', icon: RefreshCcw },
  { command: 'KILL', label: 'Kill…', icon: Power, danger: true },
]

const startAgain: CommandLook = { command: 'RECREATE', label: 'Start', icon: Play }

/** The commands that the server allows now. */
export function offersOf(row: Row): CommandLook[] {
  return looks
    .filter(({ command }) => row.commands.includes(command))
    .map((look) => (look.command === 'RECREATE' && row.endedAt ? startAgain : look))
}

/** The name of an instance for people: `alpha/ann`. */
export function labelOf({ groupName, username }: Pick<Row, 'groupName' | 'username'>): string {
  return `${groupName}/${username}`
}

/** A command that needs no input. */
export type SimpleCommand = 'PAUSE' | 'RESUME' | 'RESTART' | 'KILL'

/** The mutation of each simple command. */
export const simple: Record<SimpleCommand, TypedDocumentNode<unknown, { id: string }>> = {
  PAUSE: documents.PauseInstance,
  RESUME: documents.ResumeInstance,
  RESTART: documents.RestartInstance,
  KILL: documents.KillInstance,
}

/** A command for several instances at once. */
export type BulkCommand = 'PAUSE' | 'RESUME' | 'KILL'

/** How a bulk command is shown and sent. */
interface BulkLook {
  label: string
  /** Its outcome in a word, for the summary of results. */
  done: string
  icon: IconComponent
  mutation: TypedDocumentNode<PauseInstancesMutation, { ids: string[] | string }>
}

/** The bulk commands, in the order of the bar. */
export const bulkCommands: readonly BulkCommand[] = ['PAUSE', 'RESUME', 'KILL']

export const bulk: Record<BulkCommand, BulkLook> = {
  PAUSE: { label: 'Pause', done: 'paused', icon: Pause, mutation: documents.PauseInstances },
  RESUME: { label: 'Resume', done: 'resumed', icon: Play, mutation: documents.ResumeInstances },
  KILL: { label: 'Kill…', done: 'killed', icon: Power, mutation: documents.KillInstances },
}
