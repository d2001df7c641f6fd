import type { LinkRow } from './types.ts'

/** How long a new link works, in hours. */
export const terms = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
]

/** Under which names a join link lets people join. */
export function rulesOf({
  allowExistingUsers,
  allowNewUsers,
}: Pick<LinkRow, 'allowExistingUsers' | 'allowNewUsers'>): string {
  if (allowExistingUsers && allowNewUsers) return 'Existing or new names'
  return allowExistingUsers ? 'Existing names' : 'New names'
}

/** "3 of 20 uses", "1 use". */
export function usesOf({ uses, maxUses }: Pick<LinkRow, 'uses' | 'maxUses'>): string {
  const word = (maxUses ?? uses) === 1 ? 'use' : 'uses'
  return maxUses === null ? `${uses} ${word}` : `${uses} of ${maxUses} ${word}`
}

/** Why a link no longer works; null while it works. @param now milliseconds since the epoch */
export function endOf({ expiresAt, uses, maxUses }: LinkRow, now: number): 'Expired' | 'Used up' | null {
  if (expiresAt !== null && Date.parse(expiresAt) <= now) return 'Expired'
  return maxUses !== null && uses >= maxUses ? 'Used up' : null
}
