import { prime } from '#lib/graphql/client.ts'
import { InstancesQuery } from '#lib/instances/documents.ts'
import type { PageLoad } from './$types'

/** The list, for the first paint. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await prime(client, InstancesQuery, {})
}
