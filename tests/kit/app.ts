import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createApp, type App, type Overrides } from '../../server/app/app.ts'
import { loadEnv } from '../../server/config/env.ts'
import type { Db } from '../../server/db/client.ts'
import type { Services } from '../../server/graphql/context.ts'
import { FakeEngine } from './fake-engine.ts'
import { Logged } from './logged.ts'

/** What GraphQL answered: data, or errors. */
export interface Answer<T> {
  data?: T | null
  errors?: {
    message: string
    path?: (string | number)[]
    extensions?: { code?: string; fields?: { field: string; message: string }[] }
  }[]
}

/** A refusal as clients see it. */
export interface Refusal {
  code?: string
  message: string
  fields?: { field: string; message: string }[]
}

/** A whole server on a free port with a database of its own, and short ways to talk to it. Ends itself with the test. */
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

  /** Ends the server and starts another on the same database and engine. @param meanwhile what happens in between */
  async restart(meanwhile: () => Promise<void> | void = () => undefined): Promise<TestApp> {
    await this.close()
    await meanwhile()
    return startApp(this.#variables, { dir: this.dir, engine: this.engine })
  }

  /** Sends an operation and returns its data; an answer with errors fails the test, showing query and answer. */
  async execute<T = Record<string, never>>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const answer = await this.answer<T>(query, variables)
    if (answer.errors || !answer.data)
      throw new Error(`${query}\n${JSON.stringify(variables)}\n→ ${JSON.stringify(answer)}`)
    return answer.data
  }

  /** Sends an operation and returns whatever came back. */
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

  /** A socket of its own, closed with the test. */
  socket(): Client {
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      // The end of the server is no surprise.
      onNonLazyError: () => undefined,
    })
    onTestFinished(() => void client.dispose())
    return client
  }

  /** The code of the refusal; fails the test when the operation is not refused. */
  async refused(query: string, variables: Record<string, unknown> = {}): Promise<Refusal> {
    const answer = await this.answer(query, variables)
    const error = answer.errors?.[0]
    if (!error) throw new Error(`${query}\n${JSON.stringify(variables)}\n→ was not refused: ${JSON.stringify(answer)}`)
    return { code: error.extensions?.code, message: error.message, fields: error.extensions?.fields }
  }

  /** Subscribes, and resolves once READY (or the first frame) has come. */
  async subscribe<T>(
    query: string,
    variables: Record<string, unknown> = {},
    client = this.socket(),
  ): Promise<Frames<T>> {
    const frames = new Frames<T>(client.iterate<T>({ query, variables }))
    await frames.next()
    return frames
  }

  /** Asks until the answer satisfies, for at most `seconds`. */
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
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${query}\nlast answer: ${JSON.stringify(data)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** The frames of one subscription, with time limits. */
export class Frames<T> {
  readonly #source: AsyncIterableIterator<{ data?: T | null; errors?: unknown }>

  constructor(source: AsyncIterableIterator<unknown>) {
    this.#source = source as AsyncIterableIterator<{ data?: T | null; errors?: unknown }>
    onTestFinished(() => void this.#source.return?.())
  }

  async next(seconds = 20): Promise<T> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`no frame within ${seconds} s`)), seconds * 1000)
    try {
      const { value, done } = await Promise.race([this.#source.next(), late.promise])
      if (done) throw new Error('the subscription has ended')
      if (value.errors || !value.data) throw new Error(`a frame with errors: ${JSON.stringify(value)}`)
      return value.data
    } finally {
      clearTimeout(timer)
    }
  }

  /** Reads on until a frame satisfies, and returns all read. */
  async until(satisfies: (frame: T) => boolean, seconds = 20): Promise<T[]> {
    const read: T[] = []
    for (;;) {
      const frame = await this.next(seconds)
      read.push(frame)
      if (satisfies(frame)) return read
    }
  }
}

/** What a test may choose about its app. */
export interface AppOptions extends Overrides {
  /** Directory of database and workspaces; by default a fresh one, deleted with the test. */
  dir?: string
  engine?: FakeEngine
}

/** @param variables environment beyond what a test needs; @param options what to put in place of the usual */
export async function startApp(variables: Record<string, string> = {}, options: AppOptions = {}): Promise<TestApp> {
  const logged = Logged.listen()
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'thon-test-'))
  const engine = options.engine ?? new FakeEngine()
  const env = loadEnv({
    HOME: dir,
    THON_DB_PATH: join(dir, 'thon.db'),
    THON_WORKSPACE_DIR: join(dir, 'workspace'),
    THON_PORTS: '0',
    THON_LOG_LEVEL: 'error',
    // Whatever runs on this machine is not for tests to operate.
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
    if (!options.engine) await engine.dispose()
    if (!options.dir) rmSync(dir, { recursive: true, force: true })
  })
  return app
}
