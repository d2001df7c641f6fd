import type { GroupLinksQuery } from '#lib/graphql/generated/graphql.ts'
import type { Reach } from './entrance.ts'

/** Where links of a group have to lead, as far as it is known. */
export function reachOf(data: GroupLinksQuery | undefined): Reach {
  const { externalIp = null, domain = null } = data?.settings ?? {}
  return { externalIp, domain, address: data?.group.users[0]?.address ?? null }
}
