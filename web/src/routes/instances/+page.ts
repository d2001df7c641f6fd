import { prime } from '#lib/graphql/client.ts'
import { InstanceQuery, InstancesQuery } from '#lib/instances/documents.ts'
import { variablesOf, viewOf } from '#lib/instances/view.ts'
import type { PageLoad } from './$types'

/** The list and the open instance, for the first paint. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  const view = viewOf(url.searchParams)
  await Promise.all([
    prime(client, InstancesQuery, variablesOf(view)),
    view.id === null ? null : prime(client, InstanceQuery, { id: view.id }),
  ])
}
