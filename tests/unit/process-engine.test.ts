import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Sandbox, SandboxEvent, SandboxSpec } from '../../server/sandbox/engine.ts'
import { processNow } from '../../server/sandbox/process-table.ts'
import { ProcessEngine } from '../../server/sandbox/process.ts'

const alice = { group: 'team', username: 'alice' }
const noProgress = () => {}

let dir: string
let engines: ProcessEngine[]
let engine: ProcessEngine

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'thon-process-')))
  engines = []
  engine = make()
})

afterEach(async () => {
  for (const one of engines) await one.close()
  await rm(dir, { recursive: true, force: true })
})

test('a sandbox serves its workspace, is held, goes on, restarts on its port, and ends', async () => {
  const ref = await started()
  const port = (await only()).hostPort
  await expectAnswer(port, 200)
  await engine.pause(ref)
  expect((await only()).status).toBe('paused')
  await expect(fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(200) })).rejects.toThrow()
  await engine.pause(ref)
  await engine.resume(ref)
  await expectAnswer(port, 200)
  await engine.pause(ref)
  await engine.restart(ref)
  expect(await only()).toMatchObject({ status: 'running', hostPort: port })
  await expectAnswer(port, 200)
  await engine.kill(ref)
  expect(await only()).toMatchObject({ status: 'exited', hostPort: null, exitCode: 0 })
  expect(await engine.logs(ref, 1)).toMatch(/^Built-in editor over .*\/team\/alice at http/)
  await engine.remove(ref)
  await engine.remove(ref)
  await engine.kill(ref)
  expect(await engine.list()).toEqual([])
  expect(await engine.logs(ref, 9)).toBe('')
})

test('what is done by hand is noticed: held, let go, killed', async () => {
  const seen = await follow()
  await started()
  const { pid } = await record()
  process.kill(pid, 'SIGSTOP')
  await expect.poll(() => seen.at(-1)?.sandbox?.status, { timeout: 3000 }).toBe('paused')
  process.kill(pid, 'SIGCONT')
  await expect.poll(() => seen.at(-1)?.sandbox?.status, { timeout: 3000 }).toBe('running')
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => seen.at(-1)?.sandbox, { timeout: 3000 }).toMatchObject({ status: 'exited', exitCode: 137 })
})

test('every step is told once, and a restart is no end', async () => {
  const seen = await follow()
  const ref = await started()
  await engine.restart(ref)
  await engine.pause(ref)
  await engine.kill(ref)
  await engine.remove(ref)
  const steps = () => seen.map((event) => event.sandbox?.status ?? 'gone')
  await expect.poll(steps).toEqual(['created', 'running', 'running', 'paused', 'exited', 'gone'])
})

test('a killed server leaves its sandboxes running, and the next one takes them over', async () => {
  const ref = await startedByKilledServer()
  const before = await record()
  expect(await only()).toMatchObject({ ref, status: 'running', hostPort: before.hostPort })
  await expectAnswer(before.hostPort, 200)
  const seen = await follow()
  await engine.pause(ref)
  await engine.resume(ref)
  process.kill(before.pid, 'SIGTERM')
  await expect.poll(() => seen.at(-1)?.sandbox, { timeout: 3000 }).toMatchObject({ status: 'exited', exitCode: null })
  await engine.start(ref)
  expect((await only()).status).toBe('running')
})

test('a sandbox taken over is killed, and one paused by the killed server is still paused', async () => {
  const ref = await startedByKilledServer()
  const { pid } = await record()
  await engine.pause(ref)
  engine = make()
  expect((await only()).status).toBe('paused')
  await engine.kill(ref)
  expect((await only()).status).toBe('exited')
  expect(isAlive(pid)).toBe(false)
})

test('a pid that is somebody else’s by now is not taken for the sandbox', async () => {
  const other = spawn('sleep', ['60'], { detached: true })
  try {
    const ref = await engine.create(spec(), noProgress)
    const path = join(dir, '.sandboxes', 'i1.json')
    const stale = { ...JSON.parse(await readFile(path, 'utf8')), status: 'running', pid: other.pid, start: 'long ago' }
    await writeFile(path, JSON.stringify(stale))
    engine = make()
    expect((await only()).status).toBe('exited')
    await engine.kill(ref)
    await engine.remove(ref)
    expect(isAlive(other.pid as number)).toBe(true)
  } finally {
    other.kill('SIGKILL')
  }
})

test('the sandboxes of another server are not ours, but keep their volume', async () => {
  await started()
  const other = make({ node: 'other' })
  expect(await other.list()).toEqual([])
  await expect(other.removeVolume('thon-workspace-team-alice')).rejects.toThrow('in use by the sandbox of team/alice')
})

test('the environment of the server does not reach a sandbox', async () => {
  process.env.AUTH_LOCAL_PASSWORD = 'not for sandboxes'
  try {
    await started({ password: 'open sesame' })
  } finally {
    delete process.env.AUTH_LOCAL_PASSWORD
  }
  const { pid, hostPort } = await record()
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter(Boolean)
  expect(environment.map((line) => line.split('=')[0]).sort()).toEqual(['HOME', 'LANG', 'PASSWORD', 'PATH', 'TERM'])
  expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('sesame')
  expect((await stat(join(dir, '.sandboxes', 'i1.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(dir, '.sandboxes'))).mode & 0o777).toBe(0o700)
  await expectAnswer(hostPort, 401, '/api/list')
})

test('code-server is used where there is one, with its own command line', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'code-server'), '#!/bin/sh\necho "$@"\nexec sleep 60\n', { mode: 0o755 })
  engine = make({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  const { hostPort } = await only()
  const line = `--bind-addr 127.0.0.1:${hostPort} --auth none --disable-telemetry ${join(dir, 'team', 'alice')}`
  await expect.poll(() => engine.logs(ref, 5)).toBe(line)
  expect((await engine.info()).version).toBe(join(bin, 'code-server'))
})

test('a port lost to somebody else is replaced by another without a word', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const script = `#!/bin/sh\n[ -e ${dir}/tried ] || { touch ${dir}/tried; echo "listen EADDRINUSE"; exit 1; }\nexec sleep 60\n`
  await writeFile(join(bin, 'code-server'), script, { mode: 0o755 })
  engine = make({ path: `${bin}:/usr/bin:/bin` })
  const seen = await follow()
  await started()
  await expect.poll(() => seen.length).toBe(3)
  expect(seen.map((event) => event.sandbox?.status)).toEqual(['created', 'running', 'running'])
  expect(isAlive((await record()).pid)).toBe(true)
})

test('what a terminal started in a session of its own ends with its sandbox', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const script = `#!/bin/sh\nsetsid sh -c 'trap "" TERM HUP; echo $$ > ${dir}/pid; while :; do sleep 1; done' &\nwait\n`
  await writeFile(join(bin, 'code-server'), script, { mode: 0o755 })
  engine = make({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  await expect.poll(() => readFile(join(dir, 'pid'), 'utf8').catch(() => '')).toMatch(/\d\n/)
  const pid = Number(await readFile(join(dir, 'pid'), 'utf8'))
  expect((await engine.stats(ref))?.memoryBytes).toBeGreaterThan(0)
  await engine.kill(ref)
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test('a sandbox that does not end by itself is made to', { timeout: 10_000 }, async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'code-server'), '#!/bin/sh\ntrap "" TERM\necho up\nwhile :; do sleep 1; done\n', {
    mode: 0o755,
  })
  engine = make({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  await expect.poll(() => engine.logs(ref, 1)).toBe('up')
  await engine.kill(ref)
  expect(await only()).toMatchObject({ status: 'exited', exitCode: 137 })
})

test('files are put into the workspace and the home directory, and nowhere else', async () => {
  const files = [
    { path: '/workspace/.vscode/settings.json', content: '{}' },
    { path: '/home/vscode/.config/a', content: 'home' },
    { path: '/etc/thon-test', content: 'x' },
    { path: '/workspace/../../escaped', content: 'x' },
  ]
  await started({ files })
  expect(await readFile(join(dir, 'team/alice/.vscode/settings.json'), 'utf8')).toBe('{}')
  const home = join(dir, '.home/thon-workspace-team-alice')
  expect(await readFile(join(home, '.config/a'), 'utf8')).toBe('home')
  const { pid } = await record()
  expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain(`HOME=${home}\0`)
  expect(existsSync('/etc/thon-test')).toBe(false)
  expect((await readdir(join(dir, 'team'))).concat(await readdir(dir))).not.toContain('escaped')
})

test('a file is not written through a link that leads out of the workspace', async () => {
  await engine.ensureVolume('v', alice)
  await mkdir(join(dir, 'outside'))
  await symlink('../../outside', join(dir, 'team/alice/.vscode'))
  const files = [{ path: '/workspace/.vscode/settings.json', content: '{}' }]
  await expect(engine.create({ ...spec({ files }), volume: 'v' }, noProgress)).rejects.toThrow('leads out of it')
  expect(await readdir(join(dir, 'outside'))).toEqual([])
  expect(await engine.list()).toEqual([])
})

test('files stay with a person who is renamed, and whoever takes the old name gets another directory', async () => {
  await engine.ensureVolume('v1', alice)
  await writeFile(join(dir, 'team/alice/mine'), '')
  await engine.ensureVolume('v1', { group: 'team', username: 'bob' })
  expect(await readdir(join(dir, 'team'))).toEqual(['alice'])
  await engine.ensureVolume('v2', alice)
  expect(await readdir(join(dir, 'team/alice-2'))).toEqual([])
  await engine.removeVolume('v2')
  await engine.removeVolume('v2')
  expect(await readdir(join(dir, 'team'))).toEqual(['alice'])
  expect(await readdir(join(dir, 'team/alice'))).toEqual(['mine'])
})

test('no name leads out of the workspace directory or into our own files', async () => {
  await engine.ensureVolume('v1', { group: '.volumes', username: '.sandboxes' })
  expect(await readdir(join(dir, '_.volumes'))).toEqual(['_.sandboxes'])
  const bad = ['..', '.', '', 'a/b', 'a\0b']
  for (const name of bad) {
    await expect(engine.ensureVolume('v2', { group: name, username: 'x' })).rejects.toThrow('cannot name')
    await expect(engine.ensureVolume('v2', { group: 'x', username: name })).rejects.toThrow('cannot name')
    await expect(engine.ensureVolume(name, alice)).rejects.toThrow('cannot name')
    await expect(engine.create({ ...spec(), instanceId: name }, noProgress)).rejects.toThrow('cannot name')
  }
  await expect(engine.removeVolume('../team')).rejects.toThrow('cannot name')
  await engine.ensureVolume('v3', { group: '𝕏'.repeat(64), username: '𝕏'.repeat(64) })
})

test('a volume whose link was bent to lead out is neither used nor deleted', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'thon-outside-'))
  try {
    await engine.ensureVolume('v1', alice)
    await symlink(outside, join(dir, '.volumes/v2'))
    await symlink(outside, join(dir, 'linked'))
    await expect(engine.removeVolume('v2')).rejects.toThrow('leads out')
    await expect(engine.ensureVolume('v2', alice)).rejects.toThrow('leads out')
    await expect(engine.ensureVolume('v4', { group: 'linked', username: 'x' })).rejects.toThrow('leads out')
    expect(await readdir(outside)).toEqual([])
  } finally {
    await rm(outside, { recursive: true })
  }
})

test('two volumes made at once never share a directory', async () => {
  await Promise.all(['v1', 'v2', 'v3'].map((volume) => engine.ensureVolume(volume, alice)))
  expect((await readdir(join(dir, 'team'))).sort()).toEqual(['alice', 'alice-2', 'alice-3'])
})

test('a volume is not deleted while a sandbox uses it', async () => {
  const ref = await started()
  await expect(engine.removeVolume('thon-workspace-team-alice')).rejects.toThrow('in use by the sandbox of team/alice')
  await engine.kill(ref)
  await engine.remove(ref)
  await engine.removeVolume('thon-workspace-team-alice')
  expect(await readdir(join(dir, 'team'))).toEqual([])
  expect(await readdir(join(dir, '.volumes'))).toEqual([])
})

test('close ends all sandboxes and their records say so', async () => {
  await Promise.all(
    ['i1', 'i2', 'i3'].map((instanceId) => started({ instanceId, username: instanceId, volume: instanceId })),
  )
  await engine.pause('process-i2')
  const ports = (await engine.list()).map((sandbox) => sandbox.hostPort)
  expect(new Set(ports).size).toBe(3)
  await engine.close()
  engine = make()
  expect((await engine.list()).map((sandbox) => sandbox.status)).toEqual(['exited', 'exited', 'exited'])
  for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
})

test('a closed engine starts nothing more, and its streams end', async () => {
  const events = await engine.events(new AbortController().signal)
  const ref = await engine.create(spec(), noProgress)
  await engine.close()
  await expect(engine.start(ref)).rejects.toThrow('shutting down')
  const seen: SandboxEvent[] = []
  for await (const event of events) seen.push(event)
  expect(seen).toHaveLength(1)
})

test('a second sandbox of one instance is refused', async () => {
  await engine.create(spec(), noProgress)
  await expect(engine.create(spec(), noProgress)).rejects.toThrow('already is')
})

test('stats show memory at once and CPU from the second look on', async () => {
  const ref = await started()
  expect(await engine.stats(ref)).toMatchObject({ cpuPercent: 0, memoryLimitBytes: null })
  await expectAnswer((await only()).hostPort, 200)
  const stats = await engine.stats(ref)
  expect(stats?.memoryBytes).toBeGreaterThan(10 << 20)
  expect(stats?.cpuPercent).toBeGreaterThan(0)
  await engine.kill(ref)
  expect(await engine.stats(ref)).toBeNull()
})

test('a workspace directory that cannot be used is told with what to do', async () => {
  await writeFile(join(dir, 'file'), '')
  const broken = make({ workspaceDir: join(dir, 'file/workspace') })
  await expect(broken.info()).rejects.toMatchObject({
    name: 'EngineAway',
    message: expect.stringContaining('THON_WORKSPACE_DIR'),
  })
  await expect(broken.list()).rejects.toMatchObject({ name: 'EngineAway' })
  await expect(broken.create(spec(), noProgress)).rejects.toMatchObject({ name: 'EngineRefused' })
  await expect(engine.start('gone')).rejects.toMatchObject({ name: 'EngineRefused' })
})

test('a log stays small, and a record that is none is passed over', async () => {
  const ref = await engine.create(spec(), noProgress)
  await writeFile(join(dir, '.sandboxes/i1.log'), 'a line\n'.repeat(300_000))
  await writeFile(join(dir, '.sandboxes/broken.json'), '{')
  await engine.start(ref)
  expect((await stat(join(dir, '.sandboxes/i1.log'))).size).toBeLessThan(100_000)
  await chmod(join(dir, '.sandboxes/broken.json'), 0o600)
  expect(await make().list()).toHaveLength(1)
})

function make(options: Partial<ConstructorParameters<typeof ProcessEngine>[0]> = {}): ProcessEngine {
  const made = new ProcessEngine({ node: 'test', workspaceDir: dir, path: '/usr/bin:/bin', ...options })
  engines.push(made)
  return made
}

function spec(changes: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    ...{ instanceId: 'i1', ...alice, image: 'none', volume: 'thon-workspace-team-alice', port: 8443 },
    ...{ password: null, files: [], limits: { memoryBytes: null, cpus: null, pids: null }, ...changes },
  }
}

async function started(changes: Partial<SandboxSpec> = {}): Promise<string> {
  const ref = await engine.create(spec(changes), noProgress)
  await engine.start(ref)
  return ref
}

/** A sandbox whose server, a process of its own, was killed with SIGKILL. Returns its ref. */
async function startedByKilledServer(): Promise<string> {
  const module = resolve(import.meta.dirname, '../../server/sandbox/process.ts')
  const code = `
    const { ProcessEngine } = await import(${JSON.stringify(module)})
    const engine = new ProcessEngine({ node: 'test', workspaceDir: ${JSON.stringify(dir)}, path: '/usr/bin:/bin' })
    const ref = await engine.create(${JSON.stringify(spec())}, () => {})
    await engine.start(ref)
    console.log(ref)
    setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(server.stdout, 'data')
  server.kill('SIGKILL')
  await once(server, 'exit')
  return String(line).trim()
}

async function only(): Promise<Sandbox> {
  const all = await engine.list()
  expect(all).toHaveLength(1)
  return all[0] as Sandbox
}

async function record(): Promise<{ pid: number; hostPort: number }> {
  return JSON.parse(await readFile(join(dir, '.sandboxes', 'i1.json'), 'utf8'))
}

async function follow(): Promise<SandboxEvent[]> {
  const seen: SandboxEvent[] = []
  const events = await engine.events(new AbortController().signal)
  void (async () => {
    for await (const event of events) seen.push(event)
  })()
  return seen
}

async function expectAnswer(port: number | null, status: number, path = '/healthz'): Promise<void> {
  const ask = () =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      (r) => r.status,
      () => 0,
    )
  await expect.poll(ask, { timeout: 10_000 }).toBe(status)
}

/** Zombies count as gone: the machine's init may be slow to collect what no server waits for. */
function isAlive(pid: number): boolean {
  return processNow(pid) !== null
}
