import type { OwnUsersQuery } from '#lib/graphql/generated/graphql.ts'

/** A user that the participant is. */
export type OwnUser = OwnUsersQuery['viewer']['users'][number]

/** Their sandbox: the active one, else the one that ended last. */
export type OwnInstance = NonNullable<OwnUser['instance']>

/** What the one large button does now: open it, have it run, or nothing yet because something is under way. */
export type Main = { does: 'open' | 'start'; label: string } | { does: 'wait'; label: string }

/** The large button of a sandbox. @param instance null where there never was one */
export function mainOf(instance: OwnInstance | null): Main {
  if (!instance) return { does: 'start', label: 'Start' }
  switch (instance.state) {
    case 'RUNNING':
      return { does: 'open', label: 'Open VS Code' }
    case 'PAUSED':
      return { does: 'start', label: 'Resume' }
    case 'TERMINATED':
    case 'FAILED':
      return { does: 'start', label: 'Start again' }
    case 'PENDING':
      return { does: 'wait', label: 'Starting…' }
    default:
      return { does: 'wait', label: `${instance.state}…` }
  }
}
