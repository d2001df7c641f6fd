import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Sandbox, SandboxEvent, SandboxSpec } from '../../server/engine/engine.ts'
import { processNow } from '../../server/engine/process/process-table.ts'
import { ProcessEngine } from '../../server/engine/process/engine.ts'

/** What the tests of the process engine share: a directory and an engine for each test, ended after it. */

export const alice = { group: 'team', username: 'alice' }
export const noProgress = () => {}

export let dir: string
export let engine: ProcessEngine
let engines: ProcessEngine[]

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'thon-process-')))
  engines = []
  engine = make()
})

afterEach(async () => {
  for (const one of engines) await one.close()
  await rm(dir, { recursive: true, force: true })
})

/** Continues with another engine over the same directory, as after a restart of the server. */
export function replaceEngine(options: Parameters<typeof make>[0] = {}): void {
  engine = make(options)
}

export function make(options: Partial<ConstructorParameters<typeof ProcessEngine>[0]> = {}): ProcessEngine {
  const created = new ProcessEngine({ node: 'test', workspaceDir: dir, path: '/usr/bin:/bin', ...options })
  engines.push(created)
  return created
}

export function spec(changes: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    ...{ instanceId: 'i1', ...alice, image: 'none', volume: 'thon-workspace-team-alice', port: 8443 },
    ...{ password: null, files: [], limits: { memoryBytes: null, cpus: null, pids: null }, ...changes },
  }
}

export async function started(changes: Partial<SandboxSpec> = {}): Promise<string> {
  const ref = await engine.create(spec(changes), noProgress)
  await engine.start(ref)
  return ref
}

/** A sandbox whose server, a separate process, was killed with SIGKILL. @returns its ref */
export async function startedByKilledServer(): Promise<string> {
  const module = resolve(import.meta.dirname, '../../server/engine/process/engine.ts')
  const code = `
    const { ProcessEngine } = await import(${JSON.stringify(module)})
    const engine = new ProcessEngine({ node: 'test', workspaceDir: ${JSON.stringify(dir)}, path: '/usr/bin:/bin' })
    const ref = await engine.create(${JSON.stringify(spec())}, () => {})
    await engine.start(ref)
    console.log(ref)
    setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  server.kill('SIGKILL')
  await once(server, 'exit')
  return String(line).trim()
}

export async function only(): Promise<Sandbox> {
  const all = await engine.list()
  expect(all).toHaveLength(1)
  return all[0] as Sandbox
}

export async function record(): Promise<{ pid: number; hostPort: number }> {
  return JSON.parse(await readFile(join(dir, '.sandboxes', 'i1.json'), 'utf8')) as { pid: number; hostPort: number }
}

export async function follow(): Promise<SandboxEvent[]> {
  const seen: SandboxEvent[] = []
  const events = await engine.events(new AbortController().signal)
  void (async () => {
    for await (const event of events) seen.push(event)
  })()
  return seen
}

export async function expectAnswer(port: number | null, status: number, path = '/healthz'): Promise<void> {
  const request = () =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      (r) => r.status,
      () => 0,
    )
  await expect.poll(request, { timeout: 10_000 }).toBe(status)
}

/** Zombies do not count: the machine's init may be slow to reap processes that no server waits for. */
export function isAlive(pid: number): boolean {
  return processNow(pid) !== null
}
