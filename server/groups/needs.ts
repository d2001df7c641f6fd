import type { Viewer } from '../auth/viewer.ts'
import type { Prisma } from '../../prisma/generated/client/client.ts'

/** What groups need of instances. */
export interface InstancesForGroups {
  endAll(viewer: Viewer, whose: { userIds: string[] }): Promise<void>
  /** The user goes by other names now: rows follow, inside the caller's transaction. Returns what to do after its commit. */
  follow(tx: Prisma.TransactionClient, userId: string, names: { group: string; username: string }): Promise<() => void>
}

/** What groups need of workspaces. */
export interface WorkspacesForGroups {
  remove(volume: string): Promise<void>
}
