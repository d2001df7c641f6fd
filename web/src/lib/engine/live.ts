import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { EngineChanged } from './documents.ts'

/** Follows the engine. There is one in the cache, so frames are all it takes. */
export function followEngine(client: Client): () => void {
  return follow(client, EngineChanged, () => undefined)
}
