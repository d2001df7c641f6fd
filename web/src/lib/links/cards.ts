import { mutate } from '#lib/graphql/mutate.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { CreatePersonalLinks } from './documents.ts'
import type { LinkedUser } from './types.ts'

/** Who gets a card: users without a link, or everyone. */
export type CardChoice = 'without' | 'everyone'

/** A printed card. */
export interface Card {
  user: LinkedUser
  secret: string
}

/** The most users of one request. */
const AT_ONCE = 2_000

/** The users who get a card. */
export function receiversOf(users: readonly LinkedUser[], choice: CardChoice): LinkedUser[] {
  return choice === 'everyone' ? [...users] : users.filter(({ hasLink }) => !hasLink)
}

/** Creates a link for each user. Existing links are replaced, since their secrets cannot be shown again. @returns null when it failed */
export async function createCards(users: readonly LinkedUser[], choice: CardChoice): Promise<Card[] | null> {
  const cards: Card[] = []
  for (let first = 0; first < users.length; first += AT_ONCE) {
    const userIds = users.slice(first, first + AT_ONCE).map(({ id }) => id)
    const { data } = await mutate(CreatePersonalLinks, { input: { userIds, replace: choice === 'everyone' } })
    touch('groups')
    // Links that were created before the failure are worth printing: they cannot be shown again.
    if (!data) return cards.length > 0 ? cards : null
    for (const { user, secret } of data.createPersonalLinks) if (secret !== null) cards.push({ user, secret })
  }
  return cards
}
