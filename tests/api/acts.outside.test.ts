import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { openSqlite } from '../../server/db/sqlite.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { fillDisk, freeDisk, freeing } from '../kit/full-disk.ts'
import { applyConfig, JOB, startGatewayApp, type JobAnswer } from '../kit/gateway.ts'
import { addGroup } from '../kit/groups.ts'
import { startWithLemonade } from '../kit/lemonade-app.ts'

const CREATE = 'mutation { createConsumer(input: { username: "guest" }) { username } }'
const FULL = { code: 'UNAVAILABLE', message: expect.stringMatching(/full\. Nothing was changed/) as string }

/** The newest entry of the log. */
async function newest(app: TestApp) {
  return app.db.activity.findFirst({ orderBy: { id: 'desc' } })
}

/** A server in a process of its own. @returns its URL, and what kills it */
async function childServer(dir: string, apisix: ApisixStandIn) {
  const files = { HOME: dir, THON_DB_PATH: join(dir, 'thon.db'), THON_WORKSPACE_DIR: join(dir, 'w') }
  const env = { PATH: '/usr/bin:/bin', ...files, THON_PORTS: '0', THON_ENGINE: 'process', ...apisix.environment }
  const child = spawn(process.execPath, [join(import.meta.dirname, '../kit/child-server.ts')], { env })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })
  let output = ''
  child.stdout.on('data', (text) => (output += String(text)))
  await expect.poll(() => output, { timeout: 30_000 }).toMatch(/http:\S+/)
  const kill = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return { url: /http:\S+/.exec(output)?.[0] as string, kill }
}

describe('a change at the gateway', () => {
  test('is not made when its intent cannot be written', async () => {
    const { app, apisix } = await startGatewayApp()
    await fillDisk(app, 'Activity')
    expect(await app.refused(CREATE)).toMatchObject(FULL)
    expect(apisix.consumers.has('guest')).toBe(false)
  })

  test('that was made is not reported as failed, and its end is written later', async () => {
    const { app, apisix } = await startGatewayApp()
    await fillDisk(app, 'Activity', ['UPDATE'])
    expect(await app.execute(CREATE)).toEqual({ createConsumer: { username: 'guest' } })
    expect(apisix.consumers.has('guest')).toBe(true)
    expect(await newest(app)).toMatchObject({ action: 'create', label: 'guest', outcome: 'running' })
    await freeDisk(app, 'Activity', ['UPDATE'])
    await expect.poll(async () => (await newest(app))?.outcome, { timeout: 15_000 }).toBe('done')
  })

  test('is shown as unfinished when THON ends before it knows how it went', async () => {
    const { app } = await startGatewayApp()
    await fillDisk(app, 'Activity', ['UPDATE'])
    await app.execute(CREATE)
    const again = await app.restart(async () => {
      const client = openSqlite(join(app.dir, 'thon.db'))
      await client.execute(freeing('Activity', 'UPDATE'))
      client.close()
    })
    expect(await newest(again)).toMatchObject({
      outcome: 'unfinished',
      detail: 'THON stopped before it learned how this ended. Check, and repeat it.',
    })
  })

  test('is shown as unfinished when THON is killed after it was made', async () => {
    const apisix = await ApisixStandIn.start()
    const dir = mkdtempSync(join(tmpdir(), 'thon-test-'))
    const { url, kill } = await childServer(dir, apisix)
    const [made, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { answer } = apisix.server
    apisix.server.answer = async (taken) => {
      const reply = await answer(taken)
      if (taken.method !== 'PUT') return reply
      made.resolve()
      await killed.promise
      return reply
    }
    const asked = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: CREATE }),
    })
    await Promise.all([asked.catch(() => undefined), made.promise.then(kill)])
    killed.resolve()
    expect(apisix.consumers.has('guest')).toBe(true)
    const again = await startApp({}, { dir })
    expect(await newest(again)).toMatchObject({ action: 'create', label: 'guest', outcome: 'unfinished' })
  })

  test('of many steps runs to its end while the log cannot be written', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann', 'bob'])
    await fillDisk(app, 'Activity', ['UPDATE'])
    expect(await applyConfig(app)).toMatchObject({ failed: 0, message: null })
    expect(apisix.consumers.size).toBe(2)
    await freeDisk(app, 'Activity', ['UPDATE'])
    await expect.poll(async () => (await newest(app))?.outcome, { timeout: 15_000 }).toBe('done')
  })

  test('of many steps does not begin when its intent cannot be written', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann'])
    await fillDisk(app, 'Activity')
    expect(await app.refused('mutation { applyGatewayConfig { id } }')).toMatchObject(FULL)
    expect(apisix.consumers.size).toBe(0)
    expect((await app.execute<JobAnswer>(JOB)).gatewayJob).toBeNull()
  })
})

describe('a command for Lemonade', () => {
  test('is not sent when its intent cannot be written', async () => {
    const { app, lemonade } = await startWithLemonade()
    await fillDisk(app, 'Activity')
    await expect(app.services.lemonade.unload(organizer, null)).rejects.toThrow('full')
    expect(lemonade.server.requests.filter(({ path }) => path === '/v1/unload')).toEqual([])
  })

  test('that was carried out is not reported as failed', async () => {
    const { app, lemonade } = await startWithLemonade()
    lemonade.plays({ '/v1/unload': 'unload-all' })
    await fillDisk(app, 'Activity', ['UPDATE'])
    expect(await app.services.lemonade.unload(organizer, null)).toBe(true)
    expect(await newest(app)).toMatchObject({ action: 'unload', outcome: 'running' })
    await freeDisk(app, 'Activity', ['UPDATE'])
    await expect.poll(async () => (await newest(app))?.outcome, { timeout: 15_000 }).toBe('done')
  })
})
