import { spawn } from 'node:child_process'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SandboxEvent } from '../../server/engine/engine.ts'
import {
  dir,
  engine,
  expectAnswer,
  follow,
  isAlive,
  make,
  noProgress,
  only,
  record,
  replaceEngine,
  spec,
  started,
  startedByKilledServer,
} from './process-engine.kit.ts'

test('a sandbox serves its workspace, pauses, resumes, restarts and stops', async () => {
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

test('a process that is paused, resumed or killed by hand is noticed', async () => {
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

test('every step is reported once, and a restart has no exit', async () => {
  const seen = await follow()
  const ref = await started()
  await engine.restart(ref)
  await engine.pause(ref)
  await engine.kill(ref)
  await engine.remove(ref)
  const steps = () => seen.map((event) => event.sandbox?.status ?? 'gone')
  await expect.poll(steps).toEqual(['created', 'running', 'running', 'paused', 'exited', 'gone'])
})

test('the sandboxes of a killed server keep running and are adopted by the next', async () => {
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

test('an adopted sandbox stays paused, and can be killed', async () => {
  const ref = await startedByKilledServer()
  const { pid } = await record()
  await engine.pause(ref)
  replaceEngine()
  expect((await only()).status).toBe('paused')
  await engine.kill(ref)
  expect((await only()).status).toBe('exited')
  expect(isAlive(pid)).toBe(false)
})

test('a pid that now belongs to another process is not taken for the sandbox', async () => {
  const other = spawn('sleep', ['60'], { detached: true })
  try {
    const ref = await engine.create(spec(), noProgress)
    const path = join(dir, '.sandboxes', 'i1.json')
    const created = JSON.parse(await readFile(path, 'utf8')) as object
    const stale = { ...created, status: 'running', pid: other.pid, start: 'long ago' }
    await writeFile(path, JSON.stringify(stale))
    replaceEngine()
    expect((await only()).status).toBe('exited')
    await engine.kill(ref)
    await engine.remove(ref)
    expect(isAlive(other.pid as number)).toBe(true)
  } finally {
    other.kill('SIGKILL')
  }
})

test('a sandbox that a killed server never released has not run, and can start', async () => {
  const ref = await engine.create(spec(), noProgress)
  const path = join(dir, '.sandboxes', 'i1.json')
  const held = { status: 'running', pid: 999_999, start: 'then', hostPort: 40_001, startedAt: new Date().toISOString() }
  const created = JSON.parse(await readFile(path, 'utf8')) as object
  await writeFile(path, JSON.stringify({ ...created, ...held, letGo: false }))
  replaceEngine()
  expect(await only()).toMatchObject({ status: 'created', hostPort: null, exitCode: null, startedAt: null })
  await engine.start(ref)
  await expectAnswer((await only()).hostPort, 200)
})

test('the sandboxes of another server are not listed, but keep their volume', async () => {
  await started()
  const other = make({ node: 'other' })
  expect(await other.list()).toEqual([])
  await expect(other.removeVolume('thon-workspace-team-alice')).rejects.toThrow('in use by the sandbox of team/alice')
})

test("a sandbox does not get the server's environment", async () => {
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

test('code-server is used when it is installed', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'code-server'), '#!/bin/sh\necho "$@"\nexec sleep 60\n', { mode: 0o755 })
  replaceEngine({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  const { hostPort } = await only()
  const line = `--bind-addr 127.0.0.1:${hostPort} --auth none --disable-telemetry ${join(dir, 'team', 'alice')}`
  await expect.poll(() => engine.logs(ref, 5)).toBe(line)
  expect((await engine.info()).version).toBe(join(bin, 'code-server'))
})

test('a port taken by another program is replaced without an exit event', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const script = `#!/bin/sh\n[ -e ${dir}/tried ] || { touch ${dir}/tried; echo "listen EADDRINUSE"; exit 1; }\nexec sleep 60\n`
  await writeFile(join(bin, 'code-server'), script, { mode: 0o755 })
  replaceEngine({ path: `${bin}:/usr/bin:/bin` })
  const seen = await follow()
  await started()
  await expect.poll(() => seen.length).toBe(3)
  expect(seen.map((event) => event.sandbox?.status)).toEqual(['created', 'running', 'running'])
  expect(isAlive((await record()).pid)).toBe(true)
})

test('processes in a session of their own stop with their sandbox', async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  const script = `#!/bin/sh\nsetsid sh -c 'trap "" TERM HUP; echo $$ > ${dir}/pid; while :; do sleep 1; done' &\nwait\n`
  await writeFile(join(bin, 'code-server'), script, { mode: 0o755 })
  replaceEngine({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  await expect.poll(() => readFile(join(dir, 'pid'), 'utf8').catch(() => '')).toMatch(/\d\n/)
  const pid = Number(await readFile(join(dir, 'pid'), 'utf8'))
  expect((await engine.stats(ref))?.memoryBytes).toBeGreaterThan(0)
  await engine.kill(ref)
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test('a sandbox that ignores SIGTERM is killed', { timeout: 10_000 }, async () => {
  const bin = join(dir, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'code-server'), '#!/bin/sh\ntrap "" TERM\necho up\nwhile :; do sleep 1; done\n', {
    mode: 0o755,
  })
  replaceEngine({ path: `${bin}:/usr/bin:/bin` })
  const ref = await started()
  await expect.poll(() => engine.logs(ref, 1)).toBe('up')
  await engine.kill(ref)
  expect(await only()).toMatchObject({ status: 'exited', exitCode: 137 })
})

test('close stops all sandboxes and records it', async () => {
  await Promise.all(
    ['i1', 'i2', 'i3'].map((instanceId) => started({ instanceId, username: instanceId, volume: instanceId })),
  )
  await engine.pause('process-i2')
  const ports = (await engine.list()).map((sandbox) => sandbox.hostPort)
  expect(new Set(ports).size).toBe(3)
  await engine.close()
  replaceEngine()
  expect((await engine.list()).map((sandbox) => sandbox.status)).toEqual(['exited', 'exited', 'exited'])
  for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
})

test('a closed engine starts nothing, and its streams end', async () => {
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
  await expect(engine.create(spec(), noProgress)).rejects.toThrow('already exists')
})

test('stats have memory at once, and CPU from the second measurement on', async () => {
  const ref = await started()
  expect(await engine.stats(ref)).toMatchObject({ cpuPercent: 0, memoryLimitBytes: null })
  await expectAnswer((await only()).hostPort, 200)
  const stats = await engine.stats(ref)
  expect(stats?.memoryBytes).toBeGreaterThan(10 << 20)
  expect(stats?.cpuPercent).toBeGreaterThan(0)
  await engine.kill(ref)
  expect(await engine.stats(ref)).toBeNull()
})

test('an unusable workspace directory fails with advice', async () => {
  await writeFile(join(dir, 'file'), '')
  const broken = make({ workspaceDir: join(dir, 'file/workspace') })
  await expect(broken.info()).rejects.toMatchObject({
    name: 'EngineUnavailable',
    message: expect.stringContaining('THON_WORKSPACE_DIR') as string,
  })
  await expect(broken.list()).rejects.toMatchObject({ name: 'EngineUnavailable' })
  await expect(broken.create(spec(), noProgress)).rejects.toMatchObject({ name: 'EngineRefused' })
  await expect(engine.start('gone')).rejects.toMatchObject({ name: 'EngineRefused' })
})

test('a log stays small, and an invalid record is skipped', async () => {
  const ref = await engine.create(spec(), noProgress)
  await writeFile(join(dir, '.sandboxes/i1.log'), 'a line\n'.repeat(300_000))
  await writeFile(join(dir, '.sandboxes/broken.json'), '{')
  await engine.start(ref)
  expect((await stat(join(dir, '.sandboxes/i1.log'))).size).toBeLessThan(100_000)
  expect(await make().list()).toHaveLength(1)
})
