import { ViewerQuery } from '#lib/auth/documents.ts'
import { clientFor, prime } from '#lib/graphql/client.ts'
import { EngineQuery } from '#lib/engine/documents.ts'
import { isBare } from '#lib/shell/nav.ts'
import type { LayoutLoad } from './$types'

/** Makes the client everything below reads with, and what every page shows. */
export const load: LayoutLoad = async ({ fetch, route }) => {
  const client = clientFor(fetch)
  // Of the engine only those are told who were let in.
  await Promise.all([prime(client, ViewerQuery, {}), isBare(route.id) ? null : prime(client, EngineQuery, {})])
  return { client }
}
