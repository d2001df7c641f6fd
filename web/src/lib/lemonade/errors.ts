import type { UpstreamErrorViewFragment } from '#lib/graphql/generated/graphql.ts'

/** What to do when Lemonade rejects the key. */
export const KEY_REJECTED = 'Lemonade requires a valid key. Set LEMONADE_API_KEY to the key it was started with.'

/** What happened to the whole server, and what to do. */
export function adviceOn({ kind, message }: Pick<UpstreamErrorViewFragment, 'kind' | 'message'>): string {
  if (kind === 'UNAUTHORIZED') return KEY_REJECTED
  if (kind === 'OFFLINE') return `${message} Start it, or set LEMONADE_HOST and LEMONADE_PORT if it runs elsewhere.`
  if (kind === 'SLOW') return `${message} It may be busy. If this goes on, restart it.`
  return message
}
