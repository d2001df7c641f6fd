import type { Client } from '@urql/svelte'
import type { LemonadeSampleViewFragment } from '#lib/graphql/generated/graphql.ts'
import { LemonadeSamplesQuery } from './documents.ts'

type Sample = LemonadeSampleViewFragment

/** What the charts span, in seconds: what the server keeps. */
export const SPAN = 600
/** Longer than that without a sample nobody watched, in milliseconds: the lines break there. */
const GAP = 15_000

/** How Lemonade did in the last minutes. Frames carry only the newest sample, so what was before is asked for once. */
export class History {
  samples = $state.raw<readonly Sample[]>([])

  /** Asks for what was before this page. */
  async begin(client: Client): Promise<void> {
    const { data } = await client.query(LemonadeSamplesQuery, {}, { requestPolicy: 'network-only' }).toPromise()
    if (data) this.take(data.lemonadeStats.samples)
  }

  /** Whether some are missing before these, as after the link was lost. */
  lacks([first]: readonly Sample[]): boolean {
    const last = this.samples.at(-1)
    return last !== undefined && first !== undefined && Date.parse(first.at) - Date.parse(last.at) > GAP
  }

  /** @param more some that may be known already */
  take(more: readonly Sample[]): void {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when this returns
    const all = new Map([...this.samples, ...more].map((sample) => [sample.at, sample]))
    const sorted = [...all.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    const newest = Date.parse(sorted.at(-1)?.at ?? '')
    this.samples = sorted.filter(({ at }) => newest - Date.parse(at) < SPAN * 1000)
  }
}

/** The samples as a chart takes them: times, and the values of some of their fields, with a break where there is a gap. */
export function columnsOf<Field extends keyof Sample>(
  samples: readonly Sample[],
  fields: readonly Field[],
): { times: number[]; values: (number | null)[][] } {
  const times: number[] = []
  const values = fields.map(() => [] as (number | null)[])
  const put = (time: number, of: (field: Field) => number | null) => {
    times.push(time / 1000)
    fields.forEach((field, n) => values[n]?.push(of(field)))
  }
  let before = -Infinity
  for (const sample of samples) {
    const time = Date.parse(sample.at)
    if (time - before > GAP && before > -Infinity) put(before + 1, () => null)
    put(time, (field) => sample[field] as number | null)
    before = time
  }
  return { times, values }
}
