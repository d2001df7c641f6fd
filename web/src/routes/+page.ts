import { redirect } from '@sveltejs/kit'
import { ViewerQuery } from '#lib/auth/documents.ts'
import { homeOf } from '#lib/shell/nav.ts'
import type { PageLoad } from './$types'

/** The dashboard opens with the home page of the role. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  redirect(307, homeOf(client.readQuery(ViewerQuery, {})?.data?.viewer.role))
}
