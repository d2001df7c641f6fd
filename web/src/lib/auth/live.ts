import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { IdentityChanged } from './documents.ts'

/** Follows sign-ins, approvals and suspensions: each may move a person in the lists. */
export function followIdentities(client: Client): () => void {
  return follow(client, IdentityChanged, () => touch('identities'))
}
