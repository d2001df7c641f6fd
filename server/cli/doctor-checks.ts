import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { Env } from '../config/env.ts'
import { isLoopback } from '../config/rules.ts'
import { describeError } from '../core/errors.ts'
import { waitUntilReady } from '../instances/sync/readiness.ts'
import { assertWritable } from '../db/lock.ts'
import { checkImage } from '../engine/docker/image-check.ts'
import { openSqlite } from '../db/sqlite.ts'
import type { Backend } from './backend.ts'

/** The result of one check. Scripts read it from `thon doctor --json`. */
export interface DoctorFinding {
  what: string
  state: 'ok' | 'warning' | 'fault'
  said: string
  /** What to do; null when there is nothing to do. */
  advice: string | null
}

const GIB = 1024 ** 3
const LOW_DISK_BYTES = 5 * GIB
const CRITICAL_DISK_BYTES = 0.5 * GIB

/** Free space for the database, and for workspaces of the embedded engine. */
export async function diskCheck(env: Env): Promise<DoctorFinding> {
  let folder = dirname(env.dbPath)
  while (!existsSync(folder)) folder = dirname(folder)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const said = `${(free / GIB).toFixed(1)} GiB free in ${folder}`
  const state = free < CRITICAL_DISK_BYTES ? 'fault' : free < LOW_DISK_BYTES ? 'warning' : 'ok'
  const advice = state === 'ok' ? null : 'Free some space: images and workspaces need it.'
  return { what: 'Disk', state, said, advice }
}

/** Whether the database can be read, and is intact. */
export async function databaseCheck({ dbPath }: Env): Promise<DoctorFinding> {
  const what = 'Database'
  if (!existsSync(dbPath))
    return { what, state: 'ok', said: `${dbPath} will be created at the first start`, advice: null }
  try {
    assertWritable(dbPath)
  } catch (error) {
    return { what, state: 'fault', said: describeError(error), advice: 'Run thon as the user who owns the file.' }
  }
  const client = openSqlite(dbPath, 5_000)
  try {
    const { rows } = await client.execute('PRAGMA quick_check(1)')
    const result = rows[0]?.quick_check ?? rows[0]?.[0]
    if (result === 'ok') return { what, state: 'ok', said: `${dbPath} is intact`, advice: null }
    const said = `${dbPath} is damaged: ${typeof result === 'string' ? result : 'unknown reason'}`
    return { what, state: 'fault', said, advice: 'Restore a backup: thon restore FILE.' }
  } catch (error) {
    const said = `${dbPath} cannot be read: ${describeError(error)}`
    return { what, state: 'fault', said, advice: 'Restore a backup, or set THON_DB_PATH to another file.' }
  } finally {
    client.close()
  }
}

/** Whether a server could listen. @param running address of the running server, which then has the ports */
export async function portCheck(env: Env, running: string | null): Promise<DoctorFinding> {
  const what = 'Server'
  if (running !== null) return { what, state: 'ok', said: `running at ${running}`, advice: null }
  const taken: number[] = []
  for (const port of env.ports) if (port !== 0 && !(await isFree(env.host, port))) taken.push(port)
  if (taken.length === 0)
    return { what, state: 'ok', said: `not running; ports ${env.ports.join(', ')} are free`, advice: null }
  const said = `another program listens on port ${taken.join(', ')} of ${env.host}`
  return { what, state: 'fault', said, advice: 'Stop that program, or set THON_PORTS to other ports.' }
}

function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

interface EngineData {
  kind: string
  connected: boolean
  message: string | null
  notices: string[]
  version: string | null
}

interface LemonadeData {
  endpoint: string
  online: boolean | null
  model: string | null
  error: { message: string } | null
}

interface GatewayData {
  state: string
  adminUrl: string
  version: string | null
  limitations: string[]
  error: { message: string } | null
}

const QUERY = `{ engine { kind connected message notices version }
  lemonadeStatus { endpoint online model error { message } }
  gatewayStatus { state adminUrl version limitations error { message } } }`

/** What the backend knows of engine, Lemonade and gateway. `usesDocker` is false while Docker is unavailable. */
export async function backendChecks(backend: Backend): Promise<{ findings: DoctorFinding[]; usesDocker: boolean }> {
  const { engine, lemonadeStatus, gatewayStatus } = await backend.ask<{
    engine: EngineData
    lemonadeStatus: LemonadeData
    gatewayStatus: GatewayData
  }>(QUERY)
  return {
    findings: [engineFinding(engine), lemonadeFinding(lemonadeStatus), gatewayFinding(gatewayStatus)],
    usesDocker: engine.kind === 'DOCKER' && engine.connected,
  }
}

function engineFinding({ kind, connected, message, notices, version }: EngineData): DoctorFinding {
  const [what, name] = ['Engine', kind.toLowerCase()]
  if (!connected) {
    const advice = 'Start Docker, or set THON_ENGINE=process to try THON without it.'
    return { what, state: 'fault', said: `${name} is unavailable: ${message ?? ''}`, advice }
  }
  const said = [`${name} ${version ?? ''}`.trim(), ...notices].join('\n')
  return { what, state: notices.length > 0 ? 'warning' : 'ok', said, advice: null }
}

function lemonadeFinding({ endpoint, model, error }: LemonadeData): DoctorFinding {
  const what = 'Lemonade'
  if (error) {
    const advice =
      'Start Lemonade, or set LEMONADE_HOST and LEMONADE_PORT. An event without local models does not need it.'
    return { what, state: 'warning', said: error.message, advice }
  }
  const said = `answers at ${endpoint}; ${model ? `${model} is loaded` : 'no model is loaded'}`
  return { what, state: 'ok', said, advice: null }
}

function gatewayFinding({ state, adminUrl, version, limitations, error }: GatewayData): DoctorFinding {
  const what = 'AI gateway'
  if (state === 'DISABLED') return { what, state: 'ok', said: 'turned off', advice: null }
  if (error) {
    const advice = 'Check the settings on the Gateway page, or turn the gateway off there.'
    return { what, state: 'fault', said: error.message, advice }
  }
  const said = [`APISIX ${version ?? ''} answers at ${adminUrl}`, ...limitations].join('\n')
  return { what, state: limitations.length > 0 ? 'warning' : 'ok', said, advice: null }
}

/** Whether the image has what THON expects of an image. */
export async function imageCheck(env: Env): Promise<DoctorFinding> {
  const what = `Image ${env.image}`
  try {
    const results = await checkImage({
      ...{ connection: env.docker, image: env.image },
      answers: (port, ended) => waitUntilReady(port, env.readySeconds, ended),
    })
    if (results === null) {
      const advice = `Pull it now with docker pull ${env.image}, or build one: see sandbox/README.md.`
      return { what, state: 'warning', said: 'not on this machine; the first start pulls it', advice }
    }
    const missing = results.filter(({ ok }) => !ok)
    if (missing.length === 0) return { what, state: 'ok', said: 'has everything THON expects', advice: null }
    const state = missing.some(({ optional }) => !optional) ? 'fault' : 'warning'
    const lines = missing.map((one) => `${one.optional ? '!' : '✗'} ${one.what}: ${one.advice}`)
    const said = [`lacks ${missing.length} of the ${results.length} things THON expects`, ...lines].join('\n')
    const advice = 'Rebuild it, or use another image: sandbox/README.md lists what THON expects.'
    return { what, state, said, advice }
  } catch (error) {
    const said = `cannot be inspected: ${describeError(error)}`
    return { what, state: 'fault', said, advice: 'See sandbox/README.md for what THON expects of an image.' }
  }
}

/** Whether people have to sign in. Without a login the server should only be reachable from this machine. */
export function loginCheck({ auth, host }: Env): DoctorFinding {
  const what = 'Login'
  const providers = Object.entries(auth.providers).flatMap(([name, one]) => (auth.enabled && one ? [name] : []))
  const ways = [...(auth.localPassword === null ? [] : ['local password']), ...providers]
  if (ways.length > 0) return { what, state: 'ok', said: ways.join(', '), advice: null }
  const said = `off: anyone who can reach ${host} is an organizer`
  return isLoopback(host)
    ? { what, state: 'ok', said, advice: null }
    : { what, state: 'fault', said, advice: 'Set AUTH_LOCAL_PASSWORD.' }
}
