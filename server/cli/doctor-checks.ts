import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { Env } from '../config/env.ts'
import { messageOf } from '../core/errors.ts'
import { waitUntilReady } from '../instances/sync/readiness.ts'
import { assertWritable } from '../db/lock.ts'
import { checkImage } from '../engine/docker/image-check.ts'
import { openSqlite } from '../db/sqlite.ts'
import type { Backend } from './backend.ts'

/** What was found out about one thing. */
export interface Finding {
  what: string
  state: 'ok' | 'warning' | 'fault'
  said: string
  /** What to do; null when there is nothing to. */
  advice: string | null
}

const ENOUGH = 5 * 1024 ** 3
const BARELY = 500 * 1024 ** 2

/** Room for the database, and for workspaces of the embedded engine. */
export async function diskCheck(env: Env): Promise<Finding> {
  let folder = dirname(env.dbPath)
  while (!existsSync(folder)) folder = dirname(folder)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const said = `${(free / 1024 ** 3).toFixed(1)} GiB are free at ${folder}`
  const state = free < BARELY ? 'fault' : free < ENOUGH ? 'warning' : 'ok'
  return { what: 'Disk', state, said, advice: state === 'ok' ? null : 'make room: images and workspaces need some' }
}

/** Whether the database can be read, and is whole. */
export async function databaseCheck({ dbPath }: Env): Promise<Finding> {
  if (!existsSync(dbPath))
    return { what: 'Database', state: 'ok', said: `${dbPath} will be made at the first start`, advice: null }
  try {
    assertWritable(dbPath)
  } catch (error) {
    return { what: 'Database', state: 'fault', said: messageOf(error), advice: 'run thon as that user' }
  }
  const client = openSqlite(dbPath, 5_000)
  try {
    const { rows } = await client.execute('PRAGMA quick_check(1)')
    const said = String(rows[0]?.quick_check ?? rows[0]?.[0])
    if (said === 'ok') return { what: 'Database', state: 'ok', said: `${dbPath} is whole`, advice: null }
    const advice = 'restore a backup: thon restore FILE'
    return { what: 'Database', state: 'fault', said: `${dbPath} is damaged: ${said}`, advice }
  } catch (error) {
    const said = `${dbPath} cannot be read: ${messageOf(error)}`
    return { what: 'Database', state: 'fault', said, advice: 'restore a backup, or set THON_DB_PATH to another file' }
  } finally {
    client.close()
  }
}

/** Whether a server could listen. @param running where one does, which has the ports then */
export async function portCheck(env: Env, running: string | null): Promise<Finding> {
  if (running !== null) return { what: 'Server', state: 'ok', said: `runs at ${running}`, advice: null }
  const taken: number[] = []
  for (const port of env.ports) if (port !== 0 && !(await isFree(env.host, port))) taken.push(port)
  if (taken.length === 0)
    return { what: 'Server', state: 'ok', said: `does not run; ports ${env.ports.join(', ')} are free`, advice: null }
  const said = `another program listens on port ${taken.join(', ')} of ${env.host}`
  return { what: 'Server', state: 'fault', said, advice: 'end it, or set THON_PORTS to others' }
}

function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

interface Facts {
  engine: { kind: string; connected: boolean; message: string | null; notices: string[]; version: string | null }
  lemonadeStatus: { endpoint: string; online: boolean | null; model: string | null; error: Trouble | null }
  gatewayStatus: {
    state: string
    adminUrl: string
    version: string | null
    limitations: string[]
    trouble: Trouble | null
  }
}

interface Trouble {
  message: string
}

const FACTS = `{ engine { kind connected message notices version }
  lemonadeStatus { endpoint online model error { message } }
  gatewayStatus { state adminUrl version limitations trouble { message } } }`

/** What the server, or this process in its place, knows of engine, Lemonade and gateway. */
export async function askChecks(backend: Backend): Promise<Finding[]> {
  const { engine, lemonadeStatus: lemonade, gatewayStatus: gateway } = await backend.ask<Facts>(FACTS)
  return [
    engine.connected
      ? {
          what: 'Engine',
          state: engine.notices.length > 0 ? 'warning' : 'ok',
          said: [`${engine.kind} ${engine.version ?? ''}`.trim(), ...engine.notices].join('\n'),
          advice: null,
        }
      : {
          ...{ what: 'Engine', state: 'fault', said: `${engine.kind} is away: ${engine.message ?? ''}` },
          advice: 'start Docker, or set THON_ENGINE=process to try THON without',
        },
    lemonade.error
      ? {
          ...{ what: 'Lemonade', state: 'warning', said: lemonade.error.message },
          advice:
            'start it, or say where it is with LEMONADE_HOST and LEMONADE_PORT; an event without models needs none',
        }
      : {
          what: 'Lemonade',
          state: 'ok',
          said: `answers at ${lemonade.endpoint}, ${lemonade.model ? `${lemonade.model} is loaded` : 'no model is loaded'}`,
          advice: null,
        },
    gatewayFinding(gateway),
  ]
}

function gatewayFinding({ state, adminUrl, version, limitations, trouble }: Facts['gatewayStatus']): Finding {
  const what = 'AI gateway'
  if (state === 'DISABLED') return { what, state: 'ok', said: 'is turned off', advice: null }
  if (trouble)
    return { what, state: 'fault', said: trouble.message, advice: 'see the page Gateway, or turn it off there' }
  const said = [`APISIX ${version ?? ''} answers at ${adminUrl}`, ...limitations].join('\n')
  return { what, state: limitations.length > 0 ? 'warning' : 'ok', said, advice: null }
}

/** Whether the image is what THON expects of one. */
export async function imageCheck(env: Env): Promise<Finding> {
  const what = `Image ${env.image}`
  try {
    const found = await checkImage({
      ...{ connection: env.docker, image: env.image },
      answers: (port, ended) => waitUntilReady(port, env.readySeconds, ended),
    })
    if (found === null) {
      const advice = `pull it now (docker pull ${env.image}), or build one: see sandbox/README.md`
      return { what, state: 'warning', said: 'is not on this machine; it is pulled at the first start', advice }
    }
    const missing = found.filter(({ ok }) => !ok)
    if (missing.length === 0) return { what, state: 'ok', said: 'has all that THON expects', advice: null }
    const state = missing.some(({ optional }) => !optional) ? 'fault' : 'warning'
    const lines = missing.map((one) => `${one.optional ? '!' : '✗'} ${one.what}: ${one.advice}`)
    const said = [`lacks ${missing.length} of the ${found.length} things that THON expects`, ...lines].join('\n')
    return { what, state, said, advice: 'build it anew, or take another: sandbox/README.md says what is expected' }
  } catch (error) {
    return { what, state: 'fault', said: `cannot be looked into: ${messageOf(error)}`, advice: 'see sandbox/README.md' }
  }
}

/** Whether anybody may come in. */
export function loginCheck({ auth, host }: Env): Finding {
  const what = 'Login'
  const providers = Object.entries(auth.providers).flatMap(([name, one]) => (auth.enabled && one ? [name] : []))
  const ways = [...(auth.localPassword === null ? [] : ['local password']), ...providers]
  if (ways.length > 0) return { what, state: 'ok', said: ways.join(', '), advice: null }
  const alone = host === '127.0.0.1' || host === 'localhost' || host === '::1'
  const said = `is off: whoever reaches ${host} is the organizer`
  return { what, state: alone ? 'ok' : 'fault', said, advice: alone ? null : 'set AUTH_LOCAL_PASSWORD' }
}
