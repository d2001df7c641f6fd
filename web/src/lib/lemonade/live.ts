import type { Client } from '@urql/svelte'
import { follow } from '#lib/graphql/follow.ts'
import { LemonadeSlotsChanged, LemonadeStatsChanged, LemonadeSystemChanged } from './documents-metrics.ts'
import { LemonadeModelsChanged } from './documents-models.ts'
import { LemonadePullsChanged } from './documents-pulls.ts'
import { LemonadeStatusChanged } from './documents-status.ts'
import type { StatsHistory } from './stats-history.svelte.ts'

/**
 * Watches Lemonade while its page is open; the server polls it only while someone watches. The cache holds one object of
 * each type, so frames update it by themselves. Only the history of the charts needs more.
 * @returns the function that stops
 */
export function watchLemonade(client: Client, history: StatsHistory): () => void {
  const nothing = () => undefined
  void history.load(client)
  const stops = [
    follow(client, LemonadeStatusChanged, nothing),
    follow(client, LemonadeStatsChanged, ({ lemonadeStatsChanged: { samples } }) => {
      if (history.hasGapBefore(samples)) void history.load(client)
      history.add(samples)
    }),
    follow(client, LemonadeSlotsChanged, nothing),
    follow(client, LemonadeSystemChanged, nothing),
    follow(client, LemonadeModelsChanged, nothing),
    follow(client, LemonadePullsChanged, nothing),
  ]
  return () => stops.forEach((stop) => stop())
}
