import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { IdentityChanged } from './documents.ts'

/** Follows who signs in and who is let in; either may move them in the list. */
export function followIdentities(client: Client): () => void {
  return follow(client, IdentityChanged, () => touch('identities'))
}
