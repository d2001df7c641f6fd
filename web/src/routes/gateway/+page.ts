import { ConsumersQuery, GatewayQuery, GatewayJobQuery } from '#lib/gateway/documents.ts'
import { variablesOf, viewOf } from '#lib/gateway/view.ts'
import { prime } from '#lib/graphql/client.ts'
import type { PageLoad } from './$types'

/** Loads everything the first paint shows. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  await Promise.all([
    prime(client, GatewayQuery, {}),
    prime(client, GatewayJobQuery, {}),
    prime(client, ConsumersQuery, variablesOf(viewOf(url.searchParams))),
  ])
}
