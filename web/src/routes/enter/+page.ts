import { prime } from '#lib/graphql/client.ts'
import { PresentViewerQuery } from '#lib/links/documents.ts'
import type { PageLoad } from './$types'

/** Loads who is signed in. Only the browser knows the link, and inspects it. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await prime(client, PresentViewerQuery, {})
}
