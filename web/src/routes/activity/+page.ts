import { ActivityQuery } from '#lib/activity/documents.ts'
import { kindOf } from '#lib/activity/columns.ts'
import { firstPage } from '#lib/activity/feed.svelte.ts'
import { prime } from '#lib/graphql/client.ts'
import type { PageLoad } from './$types'

/** The newest page of the log, for the first paint. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  await prime(client, ActivityQuery, firstPage({ kind: kindOf(url.searchParams.get('kind')) }))
}
