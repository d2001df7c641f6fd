import { prime } from '#lib/graphql/client.ts'
import { InstancesQuery } from '#lib/instances/documents.ts'
export const load = async ({ parent }) => { const { client } = await parent(); await prime(client, InstancesQuery, { page: { size: 1000 } }) }
