import { ViewerQuery } from '#lib/auth/documents.ts'
import { EngineQuery } from '#lib/engine/documents.ts'
import { clientFor, prime } from '#lib/graphql/client.ts'
import { isBare } from '#lib/shell/nav.ts'
import type { LayoutLoad } from './$types'

/** Creates the client that everything below reads with, and loads what every page shows. */
export const load: LayoutLoad = async ({ fetch, route }) => {
  const client = clientFor(fetch)
  // Pages before sign-in show nothing of the engine.
  await Promise.all([prime(client, ViewerQuery, {}), isBare(route.id) ? null : prime(client, EngineQuery, {})])
  return { client }
}
