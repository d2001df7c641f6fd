import { redirect } from '@sveltejs/kit'
import { SignInOptionsQuery, ViewerQuery } from '#lib/auth/documents.ts'
import { goalOf } from '#lib/auth/path.ts'
import { prime } from '#lib/graphql/client.ts'
import type { PageLoad } from './$types'

/** People who have access already are sent on. Without a login that is everyone. */
export const load: PageLoad = async ({ parent, url }) => {
  const { client } = await parent()
  const role = client.readQuery(ViewerQuery, {})?.data?.viewer.role
  if (role === 'ORGANIZER' || role === 'PARTICIPANT') redirect(303, goalOf(url))
  await prime(client, SignInOptionsQuery, {})
}
