import { prime } from '#lib/graphql/client.ts'
import { GroupsQuery } from '#lib/groups/documents.ts'
import type { PageLoad } from './$types'

/** The list, for the first paint. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await prime(client, GroupsQuery, {})
}
