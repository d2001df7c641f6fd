import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import {
  LemonadeModelsChanged,
  LemonadePullsChanged,
  LemonadeSlotsChanged,
  LemonadeStatsChanged,
  LemonadeStatusChanged,
  LemonadeSystemChanged,
} from './documents.ts'
import type { History } from './history.svelte.ts'

/**
 * Watches Lemonade while its page is open; the server asks it only while somebody does. There is one of everything in the
 * cache, so frames are all it takes, but for what was before.
 * @returns the function that stops
 */
export function watchLemonade(client: Client, history: History): () => void {
  const nothing = () => undefined
  void history.begin(client)
  const stops = [
    follow(client, LemonadeStatusChanged, nothing),
    follow(client, LemonadeStatsChanged, ({ lemonadeStatsChanged: { samples } }) => {
      if (history.lacks(samples)) void history.begin(client)
      history.take(samples)
    }),
    follow(client, LemonadeSlotsChanged, nothing),
    follow(client, LemonadeSystemChanged, nothing),
    follow(client, LemonadeModelsChanged, nothing),
    follow(client, LemonadePullsChanged, nothing),
  ]
  return () => stops.forEach((stop) => stop())
}
