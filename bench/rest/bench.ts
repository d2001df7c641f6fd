import { join } from 'node:path'
import { Child, residentOf } from '../kit/child.ts'
import type { Load } from '../kit/load.ts'
import { compare, inTurns, now, type BenchRow } from '../kit/measure.ts'
import { dockerEnv, removeAll } from '../kit/sandboxes.ts'
import { Thon } from '../kit/thon.ts'
import { seed } from '../groups/seed.ts'

const ROUNDS = 5
const LOAD = { connections: 16, seconds: 2, method: 'GET', body: '' } as const
/** THON may take this many times as long as a bare route. */
const GOAL = 2
/** Requests per second of the Python THON, on such a machine with one worker. */
const PYTHON = { groups: 34, users: 29, 'config-files': 1187, instances: 77 }

/** The processes of one measurement. */
interface Sides {
  thon: Thon
  bare: Child<string>
  client: Child<string>
}

/**
 * REST lists per second over 16 persistent connections, against a bare Hono route that answers with the same bytes. Also the list of
 * groups after a change, which no cache can answer, and the server's memory under load.
 */
export async function benchRest(): Promise<BenchRow[]> {
  return [
    ...(await withSides({ THON_ENGINE: 'process' }, seed, async (sides) => [
      await list(sides, 'GET /api/groups, 100 × 10', '/api/groups', PYTHON.groups),
      await list(sides, 'GET /api/users, 1,000', '/api/users', PYTHON.users),
      await list(sides, 'GET /api/config-files', '/api/config-files', PYTHON['config-files']),
      await list(sides, 'GET /api/instances, of 1,000 rows', '/api/instances?state=Terminated', PYTHON.instances),
      await memory(sides),
      await afterChange(sides),
    ])),
    ...(await withSides(dockerEnv, undefined, async (sides) => {
      await startFive(sides.thon)
      return [await list(sides, 'GET /api/instances, 5 live', '/api/instances', PYTHON.instances)]
    })),
  ]
}

async function withSides(
  env: Record<string, string>,
  prepare: ((dbPath: string) => Promise<void>) | undefined,
  measure: (sides: Sides) => Promise<BenchRow[]>,
): Promise<BenchRow[]> {
  const thon = await Thon.start(env, prepare)
  const bare = await Child.start<string>(join(import.meta.dirname, 'bare.ts'))
  const client = await Child.start<string>(join(import.meta.dirname, '../kit/load.ts'))
  try {
    return await measure({ thon, bare, client })
  } finally {
    await Promise.all([thon.stop(), bare.stop(), client.stop()])
    if (env === dockerEnv) await removeAll('thon.group=bench', 'thon.group=bench')
  }
}

/** The ratio compares the time of one answer, so that smaller is better, as in all rows. */
async function list({ thon, bare, client }: Sides, what: string, path: string, python: number): Promise<BenchRow> {
  const text = await (await fetch(thon.url + path)).text()
  const [route = path] = path.split('?')
  await bare.ask({ path: route, text })
  const run = (url: string) => client.ask<number>({ ...LOAD, port: Number(new URL(url).port), path } satisfies Load)
  await run(thon.url)
  await run(bare.ready)
  const measured = await inTurns(
    ROUNDS,
    () => run(thon.url),
    () => run(bare.ready),
  )
  const row = compare(what, 'q/s', measured, GOAL, '')
  const factor = Math.round(row.ours.median / python)
  console.log(`  ${what}: ${row.ours.median.toFixed(0)} per second`)
  const note = `${Math.ceil(text.length / 1024)} KiB per answer; peer: bare Hono. ${factor} × the Python system's ${python} q/s.`
  return { ...row, ratio: row.peer.median / row.ours.median, note }
}

/** Memory while the largest list is requested. */
async function memory({ thon, bare, client }: Sides): Promise<BenchRow> {
  const ours: number[] = []
  const peer: number[] = []
  for (const [url, pid, into] of [
    [thon.url, thon.pid, ours],
    [bare.ready, bare.pid, peer],
  ] as const) {
    const port = Number(new URL(url).port)
    const run = client.ask<number>({ ...LOAD, port, path: '/api/groups' } satisfies Load)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    into.push(residentOf(pid) / 2 ** 20)
    await run
  }
  return compare('resident memory under that load', 'MiB', { ours, peer }, null, 'peer: bare Hono, as above.')
}

/** Alternates between renaming a group and reading the list. Only the time of the list counts. */
async function afterChange({ thon, bare }: Sides): Promise<BenchRow> {
  const groups = (await (await fetch(`${thon.url}/api/groups`)).json()) as { id: string; name: string }[]
  const timed = async (url: string) => {
    const start = now()
    await (await fetch(`${url}/api/groups`)).arrayBuffer()
    return now() - start
  }
  let count = 0
  const measured = await inTurns(
    40,
    async () => {
      const { id, name } = groups[count++ % groups.length]!
      await fetch(`${thon.url}/api/groups/${id}`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: `${name} ${count}` }),
      })
      return timed(thon.url)
    },
    () => timed(bare.ready),
  )
  return compare('GET /api/groups after a change', 'ms', measured, null, 'one request at a time; peer: bare Hono.')
}

async function startFive(thon: Thon): Promise<void> {
  await Promise.all(
    Array.from({ length: 5 }, async (_, index) => {
      const answer = await fetch(`${thon.url}/api/instances`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ group: 'bench', username: `user-${index}` }),
      })
      if (answer.status !== 201) throw new Error(await answer.text())
    }),
  )
}
