import type { Client } from '@urql/svelte'
import { followActivity } from '#lib/activity/live.ts'
import { followGroups } from '#lib/groups/live.ts'
import { followInstances } from '#lib/instances/live.ts'
import { followEngine } from '#lib/sandbox/live.ts'

/**
 * Everything the dashboard follows, for as long as it is open.
 * @returns the function that stops
 */
export function followAll(client: Client): () => void {
  const stops = [followInstances, followGroups, followEngine, followActivity].map((follow) => follow(client))
  return () => stops.forEach((stop) => stop())
}
