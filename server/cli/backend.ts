import { graphql } from 'graphql'
import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApp, DatabaseLocked, type App } from '../app/app.ts'
import { organizer } from '../core/viewer.ts'
import type { Env } from '../config/env.ts'
import { AppError, describeError } from '../core/errors.ts'
import { schema } from '../app/schema.ts'
import { assertWritable, lockHolderOf, type LockHolder } from '../db/lock.ts'

/** What commands talk to: the running server or, without one, this process, which then has the database open itself. */
export interface Backend {
  /** Where the server answers; null when this process has the database open. */
  url: string | null
  /** The services; null when a server runs them. */
  app: App | null
  /** @throws CommandError with the server's reason */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>
  close(): Promise<void>
}

/** A command failed, for a reason that people may read. */
export class CommandError extends Error {
  readonly code: string
  readonly fields: readonly { field: string; message: string }[]

  constructor(message: string, code = 'UNKNOWN', fields: readonly { field: string; message: string }[] = []) {
    super(message)
    this.code = code
    this.fields = fields
  }
}

/** The call itself is wrong: an option is missing, or two options exclude each other. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, 'USAGE')
  }
}

/** What GraphQL over HTTP responds with. */
interface GraphQLResponse {
  data?: unknown
  errors?: readonly {
    message: string
    extensions?: { code?: string; fields?: { field: string; message: string }[] }
  }[]
}

/** Long enough for a start of everyone at the event, which responds when all instances are recorded. */
const REQUEST_TIMEOUT_MS = 120_000
/** How long a server may take to show that it answers and accepts its token. */
const PROBE_TIMEOUT_MS = 5_000

/** How long to wait for another command, or for a server that starts or stops. */
const LOCK_TIMEOUT_MS = 15_000
const LOCK_POLL_MS = 200

/** Finds the server of this database, or opens the database. @throws CommandError when neither is possible */
export async function openBackend(env: Env): Promise<Backend> {
  assertWritable(env.dbPath)
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  for (;;) {
    const server = lockHolderOf(env.dbPath)
    const url = server && (await respondingUrl(server, env))
    if (url) return remoteBackend(url, server.token, env)
    try {
      return localBackend(await createApp(env, { dashboard: 'none', listens: false, proxyProcess: false }))
    } catch (error) {
      if (!(error instanceof DatabaseLocked)) throw error
      if (Date.now() > deadline)
        throw new CommandError(`${server?.urls.length ? 'It does not answer. ' : ''}${error.message}`, 'DATABASE_TAKEN')
    }
    await sleep(LOCK_POLL_MS)
  }
}

function remoteBackend(url: string, token: string, env: Env): Backend {
  return {
    ...{ url, app: null, close: () => Promise.resolve() },
    ask: (query, variables = {}) => dataOf(post(url, token, env, { query, variables })),
  }
}

function localBackend(app: App): Backend {
  return {
    ...{ url: null, app, close: () => app.close() },
    ask: (query, variables = {}) => dataOf(execute(app, query, variables)),
  }
}

/** The first of the server's addresses that accepts its token. */
async function respondingUrl(server: LockHolder, env: Env): Promise<string | null> {
  for (const url of server.urls.map(onLoopback)) {
    const body = { query: '{ viewer { role } }' }
    const response = await post(url, server.token, env, body, PROBE_TIMEOUT_MS).catch(() => null)
    if ((response?.data as { viewer?: { role: string } } | undefined)?.viewer?.role === 'ORGANIZER') return url
  }
  return null
}

/** A server that listens on every address listens on loopback, too. */
function onLoopback(url: string): string {
  return url.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
}

async function post(
  base: string,
  token: string,
  env: Env,
  body: object,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<GraphQLResponse> {
  const url = new URL('/graphql', base)
  const payload = JSON.stringify(body)
  const headers = {
    ...{ 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) },
    Authorization: `Bearer ${token}`,
  }
  const options = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs) }
  // The server's own certificate is trusted, whatever name it is for: the token goes to no one else.
  const trust = () => ({
    ca: env.reach.tls ? readFileSync(env.reach.tls.cert) : undefined,
    ...{ allowPartialTrustChain: true, checkServerIdentity: () => undefined },
  })
  const request = url.protocol === 'https:' ? requestHttps(url, { ...options, ...trust() }) : requestHttp(url, options)
  request.end(payload)
  return new Promise<GraphQLResponse>((resolve, reject) => {
    request.on('error', (error) => {
      reject(new CommandError(`The server at ${base} does not answer: ${describeError(error)}.`))
    })
    request.on('response', (response) => {
      text(response)
        .then((content) => resolve(parseResponse(content)))
        .catch(() => reject(new CommandError(`The server at ${base} refused the request (${response.statusCode}).`)))
    })
  })
}

/** @throws SyntaxError for anything that is not a GraphQL response */
function parseResponse(content: string): GraphQLResponse {
  const response = JSON.parse(content) as GraphQLResponse
  if (response.data === undefined && response.errors === undefined) throw new SyntaxError('not a GraphQL response')
  return response
}

async function execute(app: App, source: string, variables: Record<string, unknown>): Promise<GraphQLResponse> {
  // As a server would receive them: without undefined values.
  const variableValues = JSON.parse(JSON.stringify(variables)) as Record<string, unknown>
  const contextValue = { ...app.services, viewer: organizer, replayNewest: () => undefined }
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue })
  return {
    data,
    errors: errors?.map(({ message, originalError }) => {
      if (!(originalError instanceof AppError)) return { message }
      const { code, fields } = originalError
      return { message, extensions: { code, fields } }
    }),
  }
}

async function dataOf<T>(response: Promise<GraphQLResponse>): Promise<T> {
  const { data, errors } = await response
  const [error] = errors ?? []
  if (error) throw new CommandError(error.message, error.extensions?.code, error.extensions?.fields)
  return data as T
}
