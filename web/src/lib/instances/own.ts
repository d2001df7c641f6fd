import { apart } from './address.ts'
import type { OwnInstancesQuery } from '#lib/graphql/generated/graphql.ts'

/** One of them. */
export type OwnInstance = OwnInstancesQuery['instances']['items'][number]

/** The newest instance of each user that the participant is; what came before it is history. */
export function newestOfEach(rows: readonly OwnInstance[]): OwnInstance[] {
  const seen = new Map<string, OwnInstance>()
  for (const row of rows) {
    const who = JSON.stringify([row.group, row.username])
    if (!seen.has(who)) seen.set(who, row)
  }
  return [...seen.values()]
}

/**
 * Where it opens for whoever looks: 127.0.0.1 is the right machine only for those who reached this page by that name.
 * @param hostname of this page
 */
export function addressOf({ url, publicUrl, domainUrl }: OwnInstance, hostname: string): string | null {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  const address = isHere ? url : (domainUrl ?? publicUrl ?? url)
  return address ? apart(address, hostname) : null
}
