import { clientFor, prime } from '#lib/graphql/client.ts'
import { EngineQuery } from '#lib/sandbox/documents.ts'
import type { LayoutLoad } from './$types'

/** Makes the client everything below reads with, and what every page shows. */
export const load: LayoutLoad = async ({ fetch }) => {
  const client = clientFor(fetch)
  await prime(client, EngineQuery, {})
  return { client }
}
