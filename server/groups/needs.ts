import type { Viewer } from '../core/viewer.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'

/** What groups need of instances. */
export interface InstancesForGroups {
  endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void>
  /** Users who were added now: a sandbox that somebody started under their names before is theirs. Returns as `syncOwner`. */
  assignOwner(
    tx: Prisma.TransactionClient,
    group: string,
    users: { id: string; username: string }[],
  ): Promise<() => void>
  /** Volume of the active instance under these names, if there is one. */
  volumeInUse(group: string, username: string): Promise<string | null>
  /** The user goes by other names now: rows follow, inside the caller's transaction. Returns what to do after its commit. */
  syncOwner(
    tx: Prisma.TransactionClient,
    userId: string,
    names: { group: string; username: string },
  ): Promise<() => void>
}

/** What groups need of workspaces. */
export interface WorkspacesForGroups {
  remove(volume: string): Promise<void>
}
