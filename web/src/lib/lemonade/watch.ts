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

/**
 * Watches Lemonade while its page is open; the server asks it only while somebody does. There is one of everything in the
 * cache, so frames are all it takes.
 * @returns the function that stops
 */
export function watchLemonade(client: Client): () => void {
  const nothing = () => undefined
  const stops = [
    follow(client, LemonadeStatusChanged, nothing),
    follow(client, LemonadeStatsChanged, nothing),
    follow(client, LemonadeSlotsChanged, nothing),
    follow(client, LemonadeSystemChanged, nothing),
    follow(client, LemonadeModelsChanged, nothing),
    follow(client, LemonadePullsChanged, nothing),
  ]
  return () => stops.forEach((stop) => stop())
}
