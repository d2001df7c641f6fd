import type { Client } from '@urql/svelte'
import { followActivity } from '#lib/activity/live.ts'
import { followIdentities } from '#lib/auth/live.ts'
import type { Role } from '#lib/graphql/generated/graphql.ts'
import { followGroups } from '#lib/groups/live.ts'
import { followInstances } from '#lib/instances/live.ts'
import { followEngine } from '#lib/engine/live.ts'
import { followSettings } from '#lib/settings/live.ts'

/** What each role may be told of; the server refuses the rest. */
const topics: Record<Role, ((client: Client) => () => void)[]> = {
  ORGANIZER: [followInstances, followGroups, followEngine, followActivity, followIdentities, followSettings],
  PARTICIPANT: [followInstances, followEngine],
  WAITING: [],
  ANONYMOUS: [],
}

/**
 * Everything the dashboard follows, for as long as it is open.
 * @returns the function that stops
 */
export function followAll(client: Client, role: Role): () => void {
  const stops = topics[role].map((follow) => follow(client))
  return () => stops.forEach((stop) => stop())
}
