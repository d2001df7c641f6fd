import { Forbidden, NotFound, Unauthenticated } from './errors.ts'
import type { Viewer } from './viewer.ts'

/** Everything that can be done, by what it is done to. */
export type Permission =
  | 'access.manage'
  | 'activity.see'
  | 'configFiles.manage'
  | 'engine.see'
  | 'gateway.manage'
  /** Read one's own key of the AI gateway. */
  | 'gateway.ownKey'
  | 'groups.see'
  | 'groups.manage'
  | 'instances.see'
  /** Reach its pages. */
  | 'instances.open'
  /** Start one's own; whether participants may at present is a setting, which the service asks that starts. */
  | 'instances.start'
  /** Pause, resume and restart. */
  | 'instances.operate'
  /** Everything else that is done to instances. */
  | 'instances.manage'
  | 'lemonade.see'
  | 'lemonade.manage'
  | 'links.manage'
  | 'settings.manage'
  | 'users.see'

/** What a participant may do with what is theirs. */
const OWN: ReadonlySet<Permission> = new Set([
  ...(['instances.see', 'instances.open', 'instances.start', 'instances.operate'] as const),
  ...(['users.see', 'groups.see', 'gateway.ownKey'] as const),
])
/** What everybody may do who was let in. */
const ALL: ReadonlySet<Permission> = new Set(['engine.see'])

/**
 * Whether somebody may do something.
 * @param owners the users whose it is; where none is named, whether they may do it to anything at all
 */
export function can(viewer: Viewer, deed: Permission, owners?: Iterable<string | null>): boolean {
  if (viewer.role === 'organizer') return true
  if (viewer.role !== 'participant') return false
  if (ALL.has(deed)) return true
  if (!OWN.has(deed)) return false
  if (owners === undefined) return true
  for (const owner of owners) if (owner !== null && viewer.userIds.has(owner)) return true
  return false
}

/** @throws Unauthenticated for nobody, Forbidden for whoever waits to be let in */
export function assertApproved(viewer: Viewer): void {
  if (viewer.role === 'anonymous') throw new Unauthenticated()
  if (viewer.role === 'waiting') throw new Forbidden('You are not let in yet. Ask the organizer.')
}

/** @throws Unauthenticated, or Forbidden for whoever may not do it to anything */
export function authorize(viewer: Viewer, deed: Permission): void {
  assertApproved(viewer)
  if (!can(viewer, deed)) throw new Forbidden('Only organizers may do this.')
}

/**
 * As `assertCan`, for one thing.
 * @param missing what is said when there is no such thing; what is another's is no such thing
 * @throws Unauthenticated, Forbidden, NotFound
 */
export function authorizeOne(viewer: Viewer, deed: Permission, owners: Iterable<string | null>, missing: string): void {
  authorize(viewer, deed)
  if (!can(viewer, deed, owners)) throw new NotFound(missing)
}
