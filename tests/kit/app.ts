import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createApp, type App, type Overrides } from '../../server/app/app.ts'
import { loadEnv } from '../../server/config/env.ts'
import { processFailures } from '../../server/core/process-failures.ts'
import type { Db } from '../../server/db/client.ts'
import type { Services } from '../../server/graphql/context.ts'
import { FakeEngine } from './fake-engine.ts'
import { Logged } from './logged.ts'

/** A GraphQL response: data, or errors. */
export interface Answer<T> {
  data?: T | null
  errors?: {
    message: string
    path?: (string | number)[]
    extensions?: { code?: string; fields?: { field: string; message: string }[] }
  }[]
}

/** A GraphQL error as clients see it. */
export interface Refusal {
  code?: string
  message: string
  fields?: { field: string; message: string }[]
}

/** A whole server on a free port with its own database, and short ways to use it. Closed after the test. */
export class TestApp {
  readonly app: App
  readonly url: string
  readonly dir: string
  readonly engine: FakeEngine
  readonly logged: Logged
  readonly #variables: Record<string, string>
  #closed: Promise<void> | null = null

  constructor(app: App, dir: string, engine: FakeEngine, logged: Logged, variables: Record<string, string>) {
    this.app = app
    this.url = app.urls[0] as string
    this.dir = dir
    this.engine = engine
    this.logged = logged
    this.#variables = variables
  }

  get services(): Services {
    return this.app.services
  }

  get db(): Db {
    return this.app.services.db
  }

  close(): Promise<void> {
    this.#closed ??= this.app.close()
    return this.#closed
  }

  /** Closes the server and starts another with the same database and engine. @param meanwhile runs in between */
  async restart(meanwhile: () => Promise<void> | void = () => undefined): Promise<TestApp> {
    await this.close()
    await meanwhile()
    return startApp(this.#variables, { dir: this.dir, engine: this.engine })
  }

  /** Sends an operation and returns its data. Errors fail the test, with the query and the response. */
  async execute<T = Record<string, never>>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const answer = await this.answer<T>(query, variables)
    if (answer.errors || !answer.data)
      throw new Error(`${query}\n${JSON.stringify(variables)}\n→ ${JSON.stringify(answer)}`)
    return answer.data
  }

  /** Sends an operation and returns the response, with or without errors. */
  async answer<T>(
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Answer<T>
  }

  /** A new WebSocket client, closed after the test. */
  socket(): Client {
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      // The server may close before the client.
      onNonLazyError: () => undefined,
    })
    onTestFinished(() => void client.dispose())
    return client
  }

  /** Sends an operation that must fail, and returns its first error. */
  async refused(query: string, variables: Record<string, unknown> = {}): Promise<Refusal> {
    const answer = await this.answer(query, variables)
    const error = answer.errors?.[0]
    if (!error) throw new Error(`${query}\n${JSON.stringify(variables)}\n→ did not fail: ${JSON.stringify(answer)}`)
    return { code: error.extensions?.code, message: error.message, fields: error.extensions?.fields }
  }

  /** Subscribes, and resolves after the first frame, which is usually READY. */
  async subscribe<T>(
    query: string,
    variables: Record<string, unknown> = {},
    client = this.socket(),
  ): Promise<Frames<T>> {
    const frames = new Frames<T>(client.iterate<T>({ query, variables }))
    await frames.next()
    return frames
  }

  /** Repeats a query until its data satisfies a condition. @throws Error after `seconds` */
  async until<T>(
    query: string,
    variables: Record<string, unknown>,
    satisfies: (data: T) => boolean,
    seconds = 20,
  ): Promise<T> {
    const end = Date.now() + seconds * 1000
    for (;;) {
      const data = await this.execute<T>(query, variables)
      if (satisfies(data)) return data
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${query}\nlast data: ${JSON.stringify(data)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The frames of one subscription, read with time limits. */
export class Frames<T> {
  readonly #source: AsyncIterableIterator<{ data?: T | null; errors?: unknown }>

  constructor(source: AsyncIterableIterator<unknown>) {
    this.#source = source as AsyncIterableIterator<{ data?: T | null; errors?: unknown }>
    onTestFinished(() => void this.#source.return?.())
  }

  async next(seconds = 20): Promise<T> {
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => timeout.reject(new Error(`no frame within ${seconds} s`)), seconds * 1000)
    try {
      const result = await Promise.race([this.#source.next(), timeout.promise])
      if (result.done) throw new Error('the subscription is over')
      const { value } = result
      if (value.errors || !value.data) throw new Error(`a frame with errors: ${JSON.stringify(value)}`)
      return value.data
    } finally {
      clearTimeout(timer)
    }
  }

  /** Reads until a frame satisfies a condition, and returns all frames read. */
  async until(satisfies: (frame: T) => boolean, seconds = 20): Promise<T[]> {
    const read: T[] = []
    for (;;) {
      const frame = await this.next(seconds)
      read.push(frame)
      if (satisfies(frame)) return read
    }
  }
}

/** What a test can replace in its app. */
export interface AppOptions extends Overrides {
  /** Folder of database and workspaces; by default a new one, deleted after the test. */
  dir?: string
  engine?: FakeEngine
}

/** Starts a server. @param variables environment variables in addition to the defaults of tests */
export async function startApp(variables: Record<string, string> = {}, options: AppOptions = {}): Promise<TestApp> {
  const logged = Logged.listen()
  const failuresBefore = processFailures()
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'thon-test-'))
  const engine = options.engine ?? new FakeEngine()
  const env = loadEnv({
    HOME: dir,
    THON_DB_PATH: join(dir, 'thon.db'),
    THON_WORKSPACE_DIR: join(dir, 'workspace'),
    THON_PORTS: '0',
    THON_LOG_LEVEL: 'error',
    // Tests must not use a Lemonade or APISIX of this machine.
    LEMONADE_PORT: '1',
    GATEWAY_ADMIN_URL: 'http://127.0.0.1:1',
    GATEWAY_METRICS_URL: 'http://127.0.0.1:1',
    GATEWAY_CONFIG_FILE: join(dir, 'no-apisix.yaml'),
    ...variables,
  })
  const chosen: Overrides = {
    dashboard: options.dashboard ?? 'none',
    proxyProcess: options.proxyProcess ?? false,
    ...(!variables.THON_ENGINE && { engine }),
  }
  const app = new TestApp(await createApp(env, chosen), dir, engine, logged, variables)
  onTestFinished(async () => {
    await app.close()
    // They are in the log, too, but a test may expect any line there.
    if (processFailures() > failuresBefore) throw new Error(`no handler caught an error:\n${logged.lines.join('')}`)
    if (!options.engine) await engine.dispose()
    if (!options.dir) rmSync(dir, { recursive: true, force: true })
  })
  return app
}
