import type { OwnUsersQuery } from '#lib/graphql/generated/graphql.ts'
import { states } from './states.ts'

/** A user that the participant is. */
export type OwnUser = OwnUsersQuery['viewer']['users'][number]

/** Their sandbox: the active one, else the one that stopped last. */
export type OwnInstance = NonNullable<OwnUser['instance']>

/** The large button: opens the sandbox, starts it, or waits because something is under way. */
export type MainButton = { does: 'open' | 'start'; label: string } | { does: 'wait'; label: string }

/** @param instance null when there never was one */
export function mainButtonOf(instance: OwnInstance | null): MainButton {
  if (!instance) return { does: 'start', label: 'Start' }
  switch (instance.state) {
    case 'RUNNING':
      return { does: 'open', label: 'Open VS Code' }
    case 'PAUSED':
      return { does: 'start', label: 'Resume' }
    case 'TERMINATED':
    case 'FAILED':
      return { does: 'start', label: 'Start' }
    case 'PENDING':
    case 'PAUSING':
    case 'STOPPING':
      return { does: 'wait', label: `${states[instance.state].label}…` }
  }
}
