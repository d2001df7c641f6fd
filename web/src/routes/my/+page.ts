import { redirect } from '@sveltejs/kit'
import { ViewerQuery } from '#lib/auth/documents.ts'
import { prime } from '#lib/graphql/client.ts'
import { OwnUsersQuery } from '#lib/instances/documents.ts'
import type { PageLoad } from './$types'

/** The sandbox, for the first paint. Organizers have none of their own, but all of them. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  if (client.readQuery(ViewerQuery, {})?.data?.viewer.role === 'ORGANIZER') redirect(307, '/instances')
  await prime(client, OwnUsersQuery, {})
}
