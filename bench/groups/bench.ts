import { join } from 'node:path'
import { Child } from '../kit/child.ts'
import { compare, inTurns, type BenchRow } from '../kit/measure.ts'
import { Thon } from '../kit/thon.ts'
import type { Load } from '../kit/load.ts'
import { seed } from './seed.ts'

const LIST =
  '{ groups(page: { size: 1000 }) { items { id name userCount users { id username email instance { id state } } } } }'
const ROUNDS = 5
const LOAD = { connections: 16, seconds: 2 }

/**
 * Lists of 100 groups of 10 users per second, over 16 persistent HTTP connections, against a bare `node:http` handler that answers with
 * the same bytes: once with equal requests, and once with requests that all differ.
 */
export async function benchGroups(): Promise<BenchRow[]> {
  const thon = await Thon.start({ THON_ENGINE: 'process' }, seed)
  const bare = await Child.start<string>(join(import.meta.dirname, 'bare.ts'))
  const client = await Child.start<string>(join(import.meta.dirname, '../kit/load.ts'))
  try {
    const text = JSON.stringify({ data: await thon.execute<object>(LIST) })
    await bare.ask({ text })
    const run = (url: string, body: object) =>
      client.ask<number>({
        ...LOAD,
        port: Number(new URL(url).port),
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify(body),
      } satisfies Load)
    const same = { query: LIST }
    // An unused variable still makes each request different.
    const fresh = { query: LIST, variables: { number: '#' } }
    const size = `${Math.round(text.length / 1024)} KiB per answer`
    await run(thon.url, same)
    await run(bare.ready, same)
    const measure = (body: object) =>
      inTurns(
        ROUNDS,
        () => printed(run(thon.url, body)),
        () => run(bare.ready, body),
      )
    return [
      perSecond(
        'list of 100 × 10, equal requests',
        await measure(same),
        `${size}, POST; peer: bare node:http. The ratio says how many times longer THON takes.`,
      ),
      perSecond(
        'list of 100 × 10, different requests',
        await measure(fresh),
        'as above, but no two requests are equal.',
      ),
    ]
  } finally {
    await Promise.all([thon.stop(), bare.stop(), client.stop()])
  }
}

/** The ratio compares the time of one query, so that smaller is better, as in all rows. */
function perSecond(what: string, measured: { ours: number[]; peer: number[] }, note: string): BenchRow {
  const row = compare(what, 'q/s', measured, null, note)
  return { ...row, ratio: row.peer.median / row.ours.median }
}

async function printed(run: Promise<number>): Promise<number> {
  const perSecond = await run
  console.log(`  ${perSecond.toFixed(1)} lists per second`)
  return perSecond
}
