import { ApiTokensQuery, IdentitiesQuery, SignInOptionsQuery } from '#lib/auth/documents.ts'
import { prime } from '#lib/graphql/client.ts'
import { AddressesQuery, ConfigFilesQuery, ParticipantsMayStartQuery } from '#lib/settings/documents.ts'
import type { PageLoad } from './$types'

/** The data of every section, for the first paint. */
export const load: PageLoad = async ({ parent }) => {
  const { client } = await parent()
  await Promise.all([
    prime(client, IdentitiesQuery, { page: { number: 1, size: 50 } }),
    prime(client, SignInOptionsQuery, {}),
    prime(client, ApiTokensQuery, {}),
    prime(client, ParticipantsMayStartQuery, {}),
    prime(client, AddressesQuery, {}),
    prime(client, ConfigFilesQuery, {}),
  ])
}
