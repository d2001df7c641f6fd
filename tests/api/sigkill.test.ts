import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { processNow } from '../../server/engine/process/process-table.ts'

interface Row {
  id: string
  username: string
  state: string
  reason: string | null
  hostPort: number | null
}

/** A real server over the embedded engine, in a process of its own. */
class Server {
  readonly url: string
  readonly #child: ChildProcess
  readonly output: string[]

  private constructor(child: ChildProcess, url: string, output: string[]) {
    this.#child = child
    this.url = url
    this.output = output
  }

  static async start(dir: string): Promise<Server> {
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: dir,
      THON_DB_PATH: join(dir, 'thon.db'),
      THON_WORKSPACE_DIR: join(dir, 'w'),
    }
    const settings = { THON_PORTS: '0', THON_ENGINE: 'process', THON_START_CONCURRENCY: '2', THON_LOG_LEVEL: 'trace' }
    const child = spawn(process.execPath, [join(import.meta.dirname, '../kit/child-server.ts')], {
      env: { ...env, ...settings },
    })
    const output: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)))
    onTestFinished(() => void child.kill('SIGKILL'))
    const began = Date.now()
    for (;;) {
      const url = /http:\S+/.exec(output.join(''))?.[0]
      if (url) return new Server(child, url, output)
      if (child.exitCode !== null || Date.now() - began > 30_000) throw new Error(`did not start: ${output.join('')}`)
      await sleep(20)
    }
  }

  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    })
    return ((await response.json()) as { data: T }).data
  }

  async rows(): Promise<Row[]> {
    const { instances } = await this.ask<{ instances: { items: Row[] } }>(
      '{ instances { items { id username state reason hostPort } } }',
    )
    return instances.items
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill(signal)
      await once(this.#child, 'exit')
    }
  }
}

/** Processes of sandboxes, by the records that the engine keeps. */
function recorded(dir: string): { instanceId: string }[] {
  const records = join(dir, 'w', '.sandboxes')
  const names = existsSync(records) ? readdirSync(records).filter((name) => name.endsWith('.json')) : []
  return names.map((name) => JSON.parse(readFileSync(join(records, name), 'utf8')) as { instanceId: string })
}

/** Processes that serve out of this directory, recorded or not. */
function serving(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(dir, 'w')) && processNow(pid) !== null
      } catch {
        return false
      }
    })
}

/** Also kills what a failed test left running. */
function clear(dir: string): void {
  for (const pid of serving(dir)) process.kill(pid, 'SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}

const YAML = 'groups: { alpha: [a, b, c, d, e] }'

/** How far a start of five sandboxes is, from the first request to the middle. */
const STAGES: Record<string, (server: Server, dir: string) => Promise<boolean> | boolean> = {
  'right after the request': () => true,
  'once a row is written': async (server) => (await server.rows()).length > 0,
  'once a sandbox is recorded': (_server, dir) => recorded(dir).length > 0,
  'once a process serves': (_server, dir) => serving(dir).length > 0,
  'once a sandbox runs': async (server) => (await server.rows()).some((row) => row.state === 'RUNNING'),
  'once three sandboxes run': async (server) =>
    (await server.rows()).filter((row) => row.state === 'RUNNING').length >= 3,
}

test.for(Object.keys(STAGES))(
  'a server killed %s starts the rest of a group next time',
  { timeout: 120_000 },
  async (stage) => {
    const dir = mkdtempSync(join(tmpdir(), 'thon-kill-'))
    onTestFinished(() => clear(dir))
    const first = await Server.start(dir)
    await first.ask('mutation ($yaml: String!) { importGroups(input: { yaml: $yaml }) { applied } }', { yaml: YAML })
    const { groups } = await first.ask<{ groups: { items: { id: string }[] } }>('{ groups { items { id } } }')
    const started = first
      .ask('mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }', { id: groups.items[0]?.id })
      .catch(() => null)
    await expect.poll(() => STAGES[stage]?.(first, dir), { interval: 5, timeout: 30_000 }).toBe(true)
    await first.end('SIGKILL')
    await started

    const second = await Server.start(dir)
    const settled = (rows: Row[]) =>
      rows.every((row) => ['RUNNING', 'PAUSED', 'TERMINATED', 'FAILED'].includes(row.state))
    await expect.poll(async () => settled(await second.rows()), { timeout: 60_000 }).toBe(true)
    const rows = await second.rows()
    expect(rows.map((row) => [row.state, row.reason])).toEqual(rows.map(() => ['RUNNING', null]))
    expect(new Set(rows.map((row) => row.username)).size).toBe(rows.length)
    for (const row of rows) expect((await fetch(`http://127.0.0.1:${row.hostPort}/healthz`)).status).toBe(200)
    expect(
      recorded(dir)
        .map((one) => one.instanceId)
        .sort(),
    ).toEqual(rows.map((row) => row.id).sort())
    expect(serving(dir)).toHaveLength(rows.length)

    // A second try starts the users who had no row yet.
    const again = await second.ask<{ startGroup: { error: { message: string } | null }[] }>(
      'mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }',
      { id: groups.items[0]?.id },
    )
    expect(again.startGroup.filter((one) => one.error !== null)).toHaveLength(rows.length)
    await expect
      .poll(async () => (await second.rows()).filter((row) => row.state === 'RUNNING').length, { timeout: 60_000 })
      .toBe(5)
    await second.end('SIGTERM')
    await expect.poll(() => serving(dir), { timeout: 30_000 }).toEqual([])
  },
)

test('a server logs no password, even at level trace', { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'thon-kill-'))
  onTestFinished(() => clear(dir))
  const server = await Server.start(dir)
  const { createInstance } = await server.ask<{ createInstance: { id: string } }>(
    'mutation { createInstance(input: { secure: true }) { id } }',
  )
  await expect.poll(async () => (await server.rows())[0]?.state, { timeout: 30_000 }).toBe('RUNNING')
  const { revealInstancePassword } = await server.ask<{ revealInstancePassword: { password: string } }>(
    'mutation ($id: ID!) { revealInstancePassword(input: { id: $id }) { password } }',
    createInstance,
  )
  await server.ask('mutation { createInstance(input: { secure: true }) { id } }')
  await server.ask('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id: createInstance.id })
  await server.end('SIGTERM')
  expect(revealInstancePassword.password).toHaveLength(32)
  expect(server.output.join('')).not.toContain(revealInstancePassword.password)
})
