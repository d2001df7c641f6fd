import type { Client } from '@urql/svelte'
import type { LemonadeSampleViewFragment } from '#lib/graphql/generated/graphql.ts'
import { LemonadeSamplesQuery } from './documents-metrics.ts'

type Sample = LemonadeSampleViewFragment

/** What the charts span, in seconds: as long as the server keeps samples. */
export const SPAN = 600
/** After this long without a sample, in milliseconds, nobody was watching: the lines break there. */
const GAP = 15_000

/** Lemonade's figures of the last minutes. Frames carry only the newest sample, so earlier ones are queried once. */
export class StatsHistory {
  samples = $state.raw<readonly Sample[]>([])

  /** Queries the samples from before this page was open. */
  async load(client: Client): Promise<void> {
    const { data } = await client.query(LemonadeSamplesQuery, {}, { requestPolicy: 'network-only' }).toPromise()
    if (data) this.add(data.lemonadeStats.samples)
  }

  /** Whether samples are missing before these, as after a lost connection. */
  hasGapBefore([first]: readonly Sample[]): boolean {
    const last = this.samples.at(-1)
    return last !== undefined && first !== undefined && Date.parse(first.at) - Date.parse(last.at) > GAP
  }

  /** @param more may include samples that are known already */
  add(more: readonly Sample[]): void {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- used only within this function
    const all = new Map([...this.samples, ...more].map((sample) => [sample.at, sample]))
    const sorted = [...all.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    const newest = Date.parse(sorted.at(-1)?.at ?? '')
    this.samples = sorted.filter(({ at }) => newest - Date.parse(at) < SPAN * 1000)
  }
}

/** The samples as a chart takes them: times in seconds, and the values of some fields, with a break at each gap. */
export function columnsOf<Field extends keyof Sample>(
  samples: readonly Sample[],
  fields: readonly Field[],
): { times: number[]; values: (number | null)[][] } {
  const times: number[] = []
  const values = fields.map(() => [] as (number | null)[])
  const push = (time: number, valueOf: (field: Field) => number | null) => {
    times.push(time / 1000)
    fields.forEach((field, n) => values[n]?.push(valueOf(field)))
  }
  let before = -Infinity
  for (const sample of samples) {
    const time = Date.parse(sample.at)
    if (time - before > GAP && before > -Infinity) push(before + 1, () => null)
    push(time, (field) => sample[field] as number | null)
    before = time
  }
  return { times, values }
}
