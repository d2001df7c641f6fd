import { mutate } from '#lib/graphql/mutate.ts'
import { touch } from '#lib/graphql/live.svelte.ts'
import { MakePersonalLinks } from './documents.ts'
import type { LinkedUser } from './types.ts'

/** Who gets a card. */
export type Choice = 'without' | 'everybody'

/** A card as it is printed. */
export interface Card {
  user: LinkedUser
  secret: string
}

/** Users that the server makes links for in one go. */
const AT_ONCE = 2_000

/** The users who get a card. */
export function chosen(users: readonly LinkedUser[], choice: Choice): LinkedUser[] {
  return choice === 'everybody' ? [...users] : users.filter(({ hasLink }) => !hasLink)
}

/** Makes a link for each: those that are there are replaced, as nobody knows them any more. @returns null when it failed */
export async function makeCards(users: readonly LinkedUser[], choice: Choice): Promise<Card[] | null> {
  const cards: Card[] = []
  for (let first = 0; first < users.length; first += AT_ONCE) {
    const userIds = users.slice(first, first + AT_ONCE).map(({ id }) => id)
    const { data } = await mutate(MakePersonalLinks, { userIds, replace: choice === 'everybody' })
    touch('groups')
    // What was made before is worth printing: it is not shown again.
    if (!data) return cards.length > 0 ? cards : null
    for (const { user, secret } of data.makePersonalLinks) if (secret !== null) cards.push({ user, secret })
  }
  return cards
}
