import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { GroupChanged } from './documents.ts'

/** Follows every change of every group and of its users: all of them may move a group in a list, or into a search. */
export function followGroups(client: Client): () => void {
  return follow(client, GroupChanged, () => touch('groups'))
}
