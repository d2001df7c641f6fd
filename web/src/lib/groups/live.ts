import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { overtake, touch } from '#lib/graphql/live.svelte.ts'
import { InstanceChanged } from '#lib/instances/documents.ts'
import { GroupChanged } from './documents.ts'

/** Follows every change of groups and of their users: any of them may move a group in the list, or into a search. */
export function followGroups(client: Client): () => void {
  const stops = [
    follow(client, GroupChanged, () => touch('groups')),
    // The cache shows frames of instances in the list of groups. Answers that are on their way may be older.
    follow(client, InstanceChanged, ({ instanceChanged: { kind } }) => {
      if (kind === 'READY') touch('groups')
      else overtake('groups')
    }),
  ]
  return () => stops.forEach((stop) => stop())
}
