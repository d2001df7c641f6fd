import { graphql } from 'graphql'
import { readFileSync } from 'node:fs'
import { request as askPlainly } from 'node:http'
import { request as askSecurely } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp, DatabaseLocked, type App } from '../app/app.ts'
import { organizer } from '../core/viewer.ts'
import type { Env } from '../config/env.ts'
import { AppError } from '../core/errors.ts'
import { schema } from '../app/schema.ts'
import { assertWritable, lockHolderOf, type LockHolder } from '../db/lock.ts'

/** What commands talk to: the server that runs, or else this process, which has opened the database itself. */
export interface Backend {
  /** Where the server answers; null when there is none, and this process has the database. */
  url: string | null
  /** The services, where this process has them. */
  app: App | null
  /** @throws Refused with the reason */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>
  close(): Promise<void>
}

/** THON did not do it, and said why. */
export class Refused extends Error {
  readonly code: string
  readonly fields: readonly { field: string; message: string }[]

  constructor(message: string, code = 'UNKNOWN', fields: readonly { field: string; message: string }[] = []) {
    super(message)
    this.code = code
    this.fields = fields
  }
}

/** The call itself makes no sense: what it needs was not said, or what excludes each other was. */
export class Misused extends Refused {
  constructor(message: string) {
    super(message, 'USAGE')
  }
}

interface Answer {
  data?: unknown
  errors?: readonly {
    message: string
    extensions?: { code?: string; fields?: { field: string; message: string }[] }
  }[]
}

/** Long enough for a start of everybody in the hall, which answers when all are written down. */
const PATIENCE = 120_000

/** How long another command, or a server that starts or ends, is waited for, in milliseconds. */
const WAIT = 15_000
const LOOK_EVERY = 200

/** Finds the server of this database, or opens the database. @throws Refused when neither can be */
export async function openBackend(env: Env): Promise<Backend> {
  assertWritable(env.dbPath)
  for (const until = Date.now() + WAIT; ; await sleep(LOOK_EVERY)) {
    const server = lockHolderOf(env.dbPath)
    const url = server && (await answering(server, env))
    if (server && url)
      return {
        ...{ url, app: null, close: async () => undefined },
        ask: async (query, variables = {}) => dataOf(await send(url, server.token, env, { query, variables })),
      }
    try {
      const app = await createApp(env, { dashboard: 'none', listens: false, proxyProcess: false })
      return {
        url: null,
        app,
        ask: (query, variables = {}) => askHere(app, query, variables),
        close: () => app.close(),
      }
    } catch (error) {
      if (!(error instanceof DatabaseLocked)) throw error
      if (Date.now() > until)
        throw new Refused(`${server?.urls.length ? 'It does not answer: ' : ''}${error.message}.`, 'DATABASE_TAKEN')
    }
  }
}

/** The first of its addresses that takes its token. */
async function answering(server: LockHolder, env: Env): Promise<string | null> {
  for (const url of server.urls.map(reachable)) {
    const answer = await send(url, server.token, env, { query: '{ viewer { role } }' }, 5_000).catch(() => null)
    if ((answer?.data as { viewer?: { role: string } } | undefined)?.viewer?.role === 'ORGANIZER') return url
  }
  return null
}

/** Whoever listens everywhere listens on loopback. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
}

async function send(base: string, token: string, env: Env, body: object, within = PATIENCE): Promise<Answer> {
  const url = new URL('/graphql', base)
  const payload = JSON.stringify(body)
  const headers = {
    ...{ 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) },
    Authorization: `Bearer ${token}`,
  }
  const options = { method: 'POST', headers, signal: AbortSignal.timeout(within) }
  // Its own certificate is trusted, whatever name it is for: the token goes to nobody else.
  const trust = () => ({
    ca: env.reach.tls ? readFileSync(env.reach.tls.cert) : undefined,
    ...{ allowPartialTrustChain: true, checkServerIdentity: () => undefined },
  })
  const sent = url.protocol === 'https:' ? askSecurely(url, { ...options, ...trust() }) : askPlainly(url, options)
  sent.end(payload)
  return new Promise<Answer>((resolve, reject) => {
    sent.on('error', (error) => reject(new Refused(`The server at ${base} does not answer: ${error.message}`)))
    sent.on('response', (response) => {
      text(response)
        .then((said) => resolve(answerOf(said)))
        .catch(() => reject(new Refused(`The server at ${base} did not take it (${response.statusCode}).`)))
    })
  })
}

/** @throws SyntaxError for what is no answer of GraphQL */
function answerOf(said: string): Answer {
  const answer = JSON.parse(said) as Answer
  if (answer.data === undefined && answer.errors === undefined) throw new SyntaxError('no answer of GraphQL')
  return answer
}

async function askHere<T>(app: App, source: string, variables: Record<string, unknown>): Promise<T> {
  // As they would arrive at a server: what is undefined is left out.
  const variableValues = JSON.parse(JSON.stringify(variables)) as Record<string, unknown>
  const contextValue = { ...app.services, viewer: organizer, replayNewest: () => undefined }
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue })
  return dataOf<T>({
    data,
    errors: errors?.map(({ message, originalError }) => {
      if (!(originalError instanceof AppError)) return { message }
      const { code, fields } = originalError
      return { message, extensions: { code, fields } }
    }),
  })
}

function dataOf<T>({ data, errors }: Answer): T {
  const [error] = errors ?? []
  if (error) throw new Refused(error.message, error.extensions?.code, error.extensions?.fields)
  return data as T
}
