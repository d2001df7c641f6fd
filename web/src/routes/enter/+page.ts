import { prime } from '#lib/graphql/client.ts'
import { PresentViewerQuery } from '#lib/links/documents.ts'
import type { PageLoad } from './$types'

/** Who is here already. What the link is, only the browser can ask. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await prime(client, PresentViewerQuery, {})
}
