import { prime } from '#lib/graphql/client.ts'
import { GroupLinksQuery } from '#lib/links/documents.ts'
import type { PageLoad } from './$types'

/** Loads the group for the first paint. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  const id = url.searchParams.get('group')
  if (id !== null) await prime(client, GroupLinksQuery, { id })
}
