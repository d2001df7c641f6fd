import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { install, mayInstall } from '../../tests/kit/debian.ts'
import { benchImage } from '../../tests/kit/docker.ts'
import { Child } from '../kit/child.ts'
import { compare, type BenchRow } from '../kit/measure.ts'
import { dockerEnv, removeAll } from '../kit/sandboxes.ts'
import { Thon } from '../kit/thon.ts'
import type { Talk } from './talk.ts'
import { download, family, keepBusy, startNginx, upload, type Transfer, type Way } from './ways.ts'

const ROUNDS = 5
/** At least 0.6 of the straight connection's rate. */
const SLOWEST = 1.67
const HOST = 'bench-ann.localhost'

/** The ways to one sandbox: through THON, directly to its published port, and through nginx. */
interface Ways {
  ours: Way
  direct: Way
  nginx: Way
}

/**
 * What the reverse proxy costs on the way to a sandbox: for a gibibyte in each direction, small requests and WebSockets. And
 * what all that traffic does to THON's own API.
 */
export async function benchProxy(): Promise<BenchRow[]> {
  if (mayInstall()) install(['nginx-light', 'curl', 'procps'])
  const thon = await Thon.start({ ...dockerEnv, SANDBOX_IMAGE: benchImage, SANDBOX_MEMORY: '512m' })
  const client = await Child.start<string>(join(import.meta.dirname, 'talk.ts'))
  const observer = await Child.start<string>(join(import.meta.dirname, 'talk.ts'))
  const hostPort = await startSandbox(thon)
  const nginx = await startNginx(hostPort)
  const { port, host } = new URL(thon.url)
  const ours = {
    port: Number(port),
    headers: [`Host: ${HOST}:${port}`, `Cookie: ${sandboxCookieOf(thon)}`],
    pids: await family(thon.pid),
  }
  const ways = { ours, direct: { port: hostPort, headers: ['Host: 127.0.0.1'], pids: [] }, nginx }
  try {
    return [
      ...(await bulk('download of 1 GiB', ways, download)),
      ...(await bulk('upload of 1 GiB', ways, upload)),
      await added('small request, p50', ways, client, 0.5, 0.3, { kind: 'requests', connections: 1, rate: 1_000 }),
      await added('echo on 200 WebSockets, p99', ways, client, 0.99, 5, {
        kind: 'sockets',
        connections: 200,
        rate: 20,
      }),
      await apiUnderLoad(ways, client, observer, { port: Number(port), host }),
    ]
  } finally {
    nginx.end()
    await Promise.all([thon.stop(), client.stop(), observer.stop()])
    await removeAll('thon.group=bench', 'thon.group=bench')
  }
}

/** Measures the ways in turn. */
async function bulk(what: string, ways: Ways, move: (way: Way) => Promise<Transfer>): Promise<BenchRow[]> {
  const seen: Record<keyof Ways, Transfer[]> = { ours: [], direct: [], nginx: [] }
  for (const way of [ways.ours, ways.direct, ways.nginx]) await move(way)
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ['direct', 'ours', 'nginx'] as const) seen[name].push(await move(ways[name]))
  const seconds = (name: keyof Ways) => seen[name].map((one) => one.seconds)
  const cpu = (name: keyof Ways) => median(seen[name].map((one) => one.cpu)).toFixed(2)
  const rates = `${(1.073 / median(seconds('ours'))).toFixed(2)} GB/s. CPU seconds a GiB: THON ${cpu('ours')}, nginx ${cpu('nginx')}.`
  return [
    compare(
      what,
      's',
      { ours: seconds('ours'), peer: seconds('direct') },
      SLOWEST,
      `peer: directly to the published port. ${rates}`,
    ),
    compare(
      `${what}, and nginx`,
      's',
      { ours: seconds('ours'), peer: seconds('nginx') },
      1.67,
      "peer: Debian's nginx in front of the same sandbox.",
    ),
  ]
}

/** Measures latency. The goal is an allowed addition in milliseconds, here converted to a multiple of the peer's. */
async function added(
  what: string,
  { ours, direct }: Ways,
  client: Child<string>,
  share: number,
  mayAdd: number,
  talk: Pick<Talk, 'kind' | 'connections' | 'rate'>,
): Promise<BenchRow> {
  const run = async ({ port, headers }: Way) =>
    quantile(await client.ask<number[]>({ ...talk, port, headers, path: '/', seconds: 5 } satisfies Talk), share)
  const measured = { ours: [] as number[], peer: [] as number[] }
  for (let round = 0; round < 3; round++) {
    measured.peer.push(await run(direct))
    measured.ours.push(await run(ours))
  }
  const row = compare(what, 'ms', measured, null, '')
  const more = row.ours.median - row.peer.median
  const note = `peer: direct. Added: ${more.toFixed(2)} ms, goal ≤ ${mayAdd} ms.`
  return { ...row, goal: Math.round(((row.peer.median + mayAdd) / row.peer.median) * 100) / 100, note }
}

/** THON's API while 200 WebSockets echo and downloads follow each other: through THON, and past it. */
async function apiUnderLoad(
  { ours, direct }: Ways,
  client: Child<string>,
  observer: Child<string>,
  thon: { port: number; host: string },
): Promise<BenchRow> {
  const during = async ({ port, headers, ...way }: Way) => {
    const stop = keepBusy({ port, headers, ...way })
    const sockets = client.ask({
      kind: 'sockets',
      port,
      headers,
      path: '/',
      seconds: 6,
      connections: 200,
      rate: 20,
    } satisfies Talk)
    const api: Talk = {
      kind: 'requests',
      port: thon.port,
      headers: [`Host: ${thon.host}`],
      path: '/api/groups',
      seconds: 5,
      connections: 4,
      rate: 50,
    }
    const times = await observer.ask<number[]>(api)
    await sockets
    await stop()
    return quantile(times, 0.95)
  }
  const measured = { ours: [] as number[], peer: [] as number[] }
  for (let round = 0; round < 3; round++) {
    measured.peer.push(await during(direct))
    measured.ours.push(await during(ours))
  }
  return compare(
    "THON's API meanwhile, p95",
    'ms',
    measured,
    1.2,
    'GET /api/groups, with the same load past THON as the peer.',
  )
}

async function startSandbox(thon: Thon): Promise<number> {
  const answer = await fetch(`${thon.url}/api/instances`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ group: 'bench', username: 'ann' }),
  })
  if (answer.status !== 201) throw new Error(await answer.text())
  return ((await answer.json()) as { port: number }).port
}

/** A cookie for the sandbox, as a browser gets it. By curl, since fetch cannot set the Host header. */
function sandboxCookieOf(thon: Thon): string {
  const { port } = new URL(thon.url)
  const ask = (url: string, host: string) =>
    execFileSync('curl', ['-sS', '-D', '-', '-o', '/dev/null', '-H', `Host: ${host}:${port}`, url], {
      encoding: 'latin1',
    })
  const [, entry = ''] =
    /^location: http:..[^/]*(\S+)/im.exec(ask(`${thon.url}/open?sandbox=bench-ann`, 'localhost')) ?? []
  return /^set-cookie: ([^;]+)/im.exec(ask(thon.url + entry, HOST))?.[1] as string
}

function median(values: number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}
