import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { overtake, touch } from '#lib/graphql/live.svelte.ts'
import { InstanceChanged } from '#lib/instances/documents.ts'
import { GroupChanged } from './documents.ts'

/** Follows every change of every group and of its users: all of them may move a group in a list, or into a search. */
export function followGroups(client: Client): () => void {
  const stops = [
    follow(client, GroupChanged, () => touch('groups')),
    // Frames of instances show in the list of groups by themselves; answers that were on their way may be older.
    follow(client, InstanceChanged, ({ instanceChanged: { kind } }) => {
      if (kind === 'READY') touch('groups')
      else overtake('groups')
    }),
  ]
  return () => stops.forEach((stop) => stop())
}
