import { ConsumersQuery, GatewayQuery, GatewayRunQuery } from '#lib/gateway/documents.ts'
import { variablesOf, viewOf } from '#lib/gateway/view.ts'
import { prime } from '#lib/graphql/client.ts'
import type { PageLoad } from './$types'

/** What is known, for the first paint. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  await Promise.all([
    prime(client, GatewayQuery, {}),
    prime(client, GatewayRunQuery, {}),
    prime(client, ConsumersQuery, variablesOf(viewOf(url.searchParams))),
  ])
}
