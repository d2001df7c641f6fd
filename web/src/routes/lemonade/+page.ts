import { prime } from '#lib/graphql/client.ts'
import { LemonadeQuery } from '#lib/lemonade/documents.ts'
import type { PageLoad } from './$types'

/** What is known, for the first paint. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await prime(client, LemonadeQuery, {})
}
