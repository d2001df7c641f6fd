import { join } from 'node:path'
import { Child, residentOf } from '../kit/child.ts'
import type { Load } from '../kit/load.ts'
import { compare, inTurns, now, type Row } from '../kit/measure.ts'
import { dockerEnv, removeAll } from '../kit/sandboxes.ts'
import { Thon } from '../kit/thon.ts'
import { seed } from '../groups/seed.ts'

const ROUNDS = 5
const LOAD = { connections: 16, seconds: 2, method: 'GET', body: '' } as const
/** No further than this from a bare route, as a multiple of its time. */
const GOAL = 2
/** Requests a second of the Python system that THON replaces, on such a machine with one worker. */
const PYTHON = { groups: 34, users: 29, 'config-files': 1187, instances: 77 }

/** What both sides of one measurement are. */
interface Sides {
  thon: Thon
  bare: Child<string>
  client: Child<string>
}

/**
 * REST lists a second over 16 connections that stay, against a bare Hono route that answers with the same bytes; a list of
 * groups made anew, since somebody changed one; and the server's memory meanwhile.
 */
export async function benchRest(): Promise<Row[]> {
  return [
    ...(await between({ THON_ENGINE: 'process' }, seed, async (sides) => [
      await list(sides, 'GET /api/groups, 100 × 10', '/api/groups', PYTHON.groups),
      await list(sides, 'GET /api/users, 1,000', '/api/users', PYTHON.users),
      await list(sides, 'GET /api/config-files', '/api/config-files', PYTHON['config-files']),
      await list(sides, 'GET /api/instances, of 1,000 rows', '/api/instances?state=Terminated', PYTHON.instances),
      await memory(sides),
      await anew(sides),
    ])),
    ...(await between(dockerEnv, undefined, async (sides) => {
      await startFive(sides.thon)
      return [await list(sides, 'GET /api/instances, 5 live', '/api/instances', PYTHON.instances)]
    })),
  ]
}

async function between(
  env: Record<string, string>,
  prepare: ((dbPath: string) => Promise<void>) | undefined,
  measure: (sides: Sides) => Promise<Row[]>,
): Promise<Row[]> {
  const thon = await Thon.start(env, prepare)
  const bare = await Child.start<string>(join(import.meta.dirname, 'bare.ts'))
  const client = await Child.start<string>(join(import.meta.dirname, '../kit/load.ts'))
  try {
    return await measure({ thon, bare, client })
  } finally {
    await Promise.all([thon.end(), bare.end(), client.end()])
    if (env === dockerEnv) await removeAll('thon.group=bench', 'thon.group=bench')
  }
}

/** The ratio is of the times that one answer takes, so that smaller is better here as everywhere. */
async function list({ thon, bare, client }: Sides, what: string, path: string, python: number): Promise<Row> {
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
  const times = Math.round(row.ours.median / python)
  console.log(`  ${what}: ${row.ours.median.toFixed(0)} a second`)
  const note = `${Math.ceil(text.length / 1024)} KiB an answer; peer: bare Hono. ${times} × the Python system's ${python} q/s.`
  return { ...row, ratio: row.peer.median / row.ours.median, note }
}

/** RecordedRequest while the largest list is asked for. */
async function memory({ thon, bare, client }: Sides): Promise<Row> {
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

/** One after the other: a rename of a group, then the list, of which alone the time counts. */
async function anew({ thon, bare }: Sides): Promise<Row> {
  const groups = (await (await fetch(`${thon.url}/api/groups`)).json()) as { id: string; name: string }[]
  const timed = async (url: string) => {
    const began = now()
    await (await fetch(`${url}/api/groups`)).arrayBuffer()
    return now() - began
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
