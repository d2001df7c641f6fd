import type { Client } from '@urql/svelte'
import { followActivity } from '#lib/activity/live.ts'
import { followIdentities } from '#lib/auth/live.ts'
import type { Role } from '#lib/graphql/generated/graphql.ts'
import { followEngine } from '#lib/engine/live.ts'
import { followGroups } from '#lib/groups/live.ts'
import { followInstances } from '#lib/instances/live.ts'
import { followSettings } from '#lib/settings/live.ts'

/** What each role may follow; the server refuses the rest. */
const topics: Record<Role, ((client: Client) => () => void)[]> = {
  ORGANIZER: [followInstances, followGroups, followEngine, followActivity, followIdentities, followSettings],
  PARTICIPANT: [followInstances, followEngine],
  WAITING: [],
  ANONYMOUS: [],
}

/** Follows everything the role may see, until the returned function is called. */
export function followAll(client: Client, role: Role): () => void {
  const stops = topics[role].map((follow) => follow(client))
  return () => stops.forEach((stop) => stop())
}
