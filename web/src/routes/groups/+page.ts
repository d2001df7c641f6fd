import { prime } from '#lib/graphql/client.ts'
import { EventsQuery, GroupsQuery } from '#lib/groups/documents.ts'
import { searchOf, variablesOf } from '#lib/groups/view.svelte.ts'
import type { PageLoad } from './$types'

/** Loads the list for the first paint. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  const search = searchOf(url)
  const unfiltered = url.searchParams.has('user') && search !== '' ? [prime(client, GroupsQuery, variablesOf(''))] : []
  await Promise.all([prime(client, GroupsQuery, variablesOf(search)), prime(client, EventsQuery, {}), ...unfiltered])
}
