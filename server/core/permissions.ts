import { Forbidden, NotFound, Unauthenticated } from './errors.ts'
import type { Viewer } from './viewer.ts'

/** Everything that can be done, named after what it is done to. */
export type Permission =
  | 'access.manage'
  | 'activity.see'
  | 'configFiles.manage'
  | 'engine.see'
  | 'gateway.manage'
  /** Read your own key of the AI gateway. */
  | 'gateway.ownKey'
  | 'groups.see'
  | 'groups.manage'
  | 'instances.see'
  /** Open a sandbox in the browser. */
  | 'instances.open'
  /** Start your own. A setting can switch this off for participants; the service that starts checks it. */
  | 'instances.start'
  /** Pause, resume and restart. */
  | 'instances.operate'
  /** Everything else. */
  | 'instances.manage'
  | 'lemonade.see'
  | 'lemonade.manage'
  | 'links.manage'
  | 'settings.manage'
  | 'users.see'

/** What participants may do with what is theirs. */
const OWN: ReadonlySet<Permission> = new Set([
  ...(['instances.see', 'instances.open', 'instances.start', 'instances.operate'] as const),
  ...(['users.see', 'groups.see', 'gateway.ownKey'] as const),
])
/** What organizers and participants may do. */
const ALL: ReadonlySet<Permission> = new Set(['engine.see'])

/**
 * Whether a viewer has a permission.
 * @param owners the users that the thing belongs to; left out, the question is whether they have it for anything at all
 */
export function can(viewer: Viewer, permission: Permission, owners?: Iterable<string | null>): boolean {
  if (viewer.role === 'organizer') return true
  if (viewer.role !== 'participant') return false
  if (ALL.has(permission)) return true
  if (!OWN.has(permission)) return false
  if (owners === undefined) return true
  for (const owner of owners) if (owner !== null && viewer.userIds.has(owner)) return true
  return false
}

/** @throws Unauthenticated when not signed in, Forbidden while waiting for approval */
export function assertApproved(viewer: Viewer): void {
  if (viewer.role === 'anonymous') throw new Unauthenticated()
  if (viewer.role === 'waiting') throw new Forbidden('An organizer has to approve you first. Ask one.')
}

/** Checks that a viewer has a permission, for whatever it may be. @throws Unauthenticated, Forbidden */
export function authorize(viewer: Viewer, permission: Permission): void {
  assertApproved(viewer)
  if (!can(viewer, permission)) throw new Forbidden('Only organizers may do this.')
}

/**
 * Checks that a viewer has a permission for one thing. What belongs to others does not exist for them.
 * @param missing the message for a thing that does not exist
 * @throws Unauthenticated, Forbidden, NotFound
 */
export function authorizeOne(
  viewer: Viewer,
  permission: Permission,
  owners: Iterable<string | null>,
  missing: string,
): void {
  authorize(viewer, permission)
  if (!can(viewer, permission, owners)) throw new NotFound(missing)
}
