import { join } from 'node:path'
import { Child } from '../kit/child.ts'
import { compare, inTurns, type Row } from '../kit/measure.ts'
import { Thon } from '../kit/thon.ts'
import type { Load } from '../kit/load.ts'
import { seed } from './seed.ts'

const LIST = '{ groups { items { id name userCount users { id username email instance { id state } } } } }'
const ROUNDS = 5
const LOAD = { connections: 16, seconds: 2 }

/**
 * Lists of 100 groups of 10 users a second, over HTTP with 16 connections that stay, against a bare `node:http` handler
 * that answers with the same bytes: once as they come, and once with requests of which none equals another.
 */
export async function benchGroups(): Promise<Row[]> {
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
    // A variable that no query uses still makes it another request.
    const fresh = { query: LIST, variables: { number: '#' } }
    const size = `${Math.round(text.length / 1024)} KiB an answer`
    await run(thon.url, same)
    await run(bare.ready, same)
    const measure = (body: object) =>
      inTurns(
        ROUNDS,
        () => told(run(thon.url, body)),
        () => run(bare.ready, body),
      )
    return [
      perSecond(
        'list of 100 × 10, the same',
        await measure(same),
        `${size}, POST; peer: bare node:http. The ratio says how many times as long ours takes.`,
      ),
      perSecond('list of 100 × 10, each another', await measure(fresh), 'as above, but no two requests are equal.'),
    ]
  } finally {
    await Promise.all([thon.end(), bare.end(), client.end()])
  }
}

/** The ratio is of the times that one query takes, so that smaller is better here as everywhere. */
function perSecond(what: string, measured: { ours: number[]; peer: number[] }, note: string): Row {
  const row = compare(what, 'q/s', measured, null, note)
  return { ...row, ratio: row.peer.median / row.ours.median }
}

async function told(run: Promise<number>): Promise<number> {
  const perSecond = await run
  console.log(`  ${perSecond.toFixed(1)} lists a second`)
  return perSecond
}
