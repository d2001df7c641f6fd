import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { nodeOf } from '../../tests/kit/docker-app.ts'
import { removeNetworks } from '../../tests/kit/docker-networks.ts'
import { Child, type Memory } from './child.ts'

/** A THON with its own database, used over the network like any client does. */
export class Thon {
  readonly url: string
  readonly dir: string
  readonly #child: Child<string>

  private constructor(child: Child<string>, dir: string) {
    this.#child = child
    this.url = child.ready
    this.dir = dir
  }

  /**
   * @param env its environment, beyond a free port and a new folder
   * @param prepare fills the database before the server opens it
   */
  static async start(env: Record<string, string>, prepare?: (dbPath: string) => Promise<void>): Promise<Thon> {
    const dir = mkdtempSync(join(tmpdir(), 'thon-bench-'))
    const dbPath = join(dir, 'thon.db')
    await prepare?.(dbPath)
    const own = { HOME: dir, THON_DB_PATH: dbPath, THON_WORKSPACE_DIR: join(dir, 'workspace'), THON_PORTS: '0' }
    const child = await Child.start<string>(join(import.meta.dirname, 'server.ts'), { ...own, ...env })
    return new Thon(child, dir)
  }

  get socketUrl(): string {
    return `${this.url.replace('http', 'ws')}/graphql`
  }

  get pid(): number {
    return this.#child.pid
  }

  memory(): Promise<Memory> {
    return this.#child.ask<Memory>({})
  }

  /** Sends an operation. @throws Error when the answer has errors */
  async execute<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data: Data; errors?: object[] }
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }

  /** The dashboard's WebSocket client. Call `dispose` on it. */
  socket(): Client {
    return createClient({ url: this.socketUrl, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0 })
  }

  /** Stops the server and deletes its files. */
  async stop(): Promise<void> {
    await this.#child.stop()
    const node = await nodeOf(this.dir)
    // Networks with sandboxes in them are removed with those.
    await removeNetworks(node).catch(() => undefined)
    rmSync(this.dir, { recursive: true, force: true })
  }
}
