import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createLog } from '../../server/core/log.ts'
import { processFailures } from '../../server/core/process-failures.ts'
import { organizer } from '../../server/core/viewer.ts'
import { DiskSpaceWatch } from '../../server/db/disk-space.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { signedIn, SETUPS } from '../kit/access.ts'
import { applyConfig, startGatewayApp } from '../kit/gateway.ts'
import { addGroup } from '../kit/groups.ts'
import { Logged } from '../kit/logged.ts'
import { Visitor } from '../kit/visitor.ts'

/** From now on, reading and writing a table fails. @returns a function that ends it */
async function breakTable({ db }: TestApp, table: string): Promise<() => Promise<unknown>> {
  await db.$executeRawUnsafe(`ALTER TABLE "${table}" RENAME TO "Broken"`)
  return () => db.$executeRawUnsafe(`ALTER TABLE "Broken" RENAME TO "${table}"`)
}

function lines({ logged }: TestApp): string {
  return logged.lines.join('')
}

test('a failed reading of the users is logged, and tried again until it succeeds', async () => {
  const app = await startApp()
  await addGroup(app, 'alpha', ['ann'])
  const row = (await app.db.group.findFirst())!
  const visitor = new Visitor(app.url)
  app.logged.expect(/reading (whose sandboxes have which address|the e-mail addresses of users) failed/)
  await app.db.user.updateMany({ data: { username: 'anna' } })
  const mend = await breakTable(app, 'User')
  app.services.events.publish('group', { kind: 'UPDATED', id: row.id, row })
  await expect.poll(() => lines(app)).toContain('reading whose sandboxes have which address failed')
  await expect.poll(() => lines(app)).toContain('reading the e-mail addresses of users failed')
  await mend()
  const opens = async () => (await visitor.request('localhost', '/open?sandbox=alpha-anna')).status
  await expect.poll(opens, { timeout: 10_000 }).toBe(303)
})

test('a failed reading of a setting is logged, and tried again until it succeeds', async () => {
  const app = await startApp()
  app.logged.expect(/reading who may start sandboxes failed/)
  const read = vi.spyOn(app.services.settings, 'participantsMayStart').mockRejectedValueOnce(new Error('locked'))
  const row = { key: 'x', value: '', updatedAt: new Date(), updatedBy: 'me' }
  app.services.events.publish('setting', { kind: 'UPDATED', id: 'x', row })
  await expect.poll(() => read.mock.calls.length, { timeout: 10_000 }).toBe(2)
  expect(lines(app)).toContain('reading who may start sandboxes failed')
})

test('a disk that cannot be measured is logged, and nothing else happens', async () => {
  const logged = Logged.listen()
  logged.expect(/measuring the free disk space failed/)
  const dir = mkdtempSync(join(tmpdir(), 'thon-test-'))
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    const watch = new DiskSpaceWatch(join(dir, 'thon.db'), createLog('error'), () => undefined)
    await watch.start()
    rmSync(dir, { recursive: true })
    vi.advanceTimersByTime(15_000)
    await expect.poll(() => logged.lines.join('')).toContain('measuring the free disk space failed')
    watch.close()
  } finally {
    vi.useRealTimers()
  }
})

test('a gateway job whose end cannot be logged does no harm', async () => {
  const { app } = await startGatewayApp()
  await app.db.$executeRawUnsafe(
    `CREATE TRIGGER full BEFORE UPDATE ON "Activity" BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  )
  expect(await applyConfig(app)).toMatchObject({ failed: 0 })
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
})

test('a listener that throws stops neither its publisher nor the other listeners', async () => {
  const app = await startApp()
  app.logged.expect(/a listener for group failed/)
  const { events, groups } = app.services
  const heard: string[] = []
  const stops = [
    events.on('group', () => {
      throw new Error('broken')
    }),
    events.on('group', ({ row }) => void heard.push(row.name)),
  ]
  await groups.create(organizer, { name: 'alpha' })
  for (const stop of stops) stop()
  expect(heard).toEqual(['alpha'])
  expect(lines(app)).toContain('a listener for group failed')
})

test('while the database does not answer, every surface says 503 in its own shape', async () => {
  const app = await startApp(SETUPS['a local password'])
  const cookie = await signedIn(app, 'organizer')
  app.logged.expect(/a request failed \((rest|graphql|page|WebSocket of graphql)\)/)
  const mend = await breakTable(app, 'Session')
  const visitor = new Visitor(app.url)
  const ask = async (path: string, method = 'GET') => {
    const { status, body, headers } = await visitor.request('localhost', path, { method, headers: { cookie } })
    return [status, headers['content-type'], body]
  }
  const reason = 'The database does not answer. Please try again.'
  expect(await ask('/api/groups')).toEqual([503, 'application/json', JSON.stringify({ detail: reason })])
  expect(await ask('/graphql', 'POST')).toEqual([
    503,
    'application/json',
    JSON.stringify({ errors: [{ message: reason, extensions: { code: 'UNAVAILABLE' } }] }),
  ])
  expect(await ask('/open?sandbox=a')).toEqual([503, 'text/plain; charset=utf-8', reason])
  const upgrade = `GET /graphql HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
  expect(await visitor.raw(upgrade)).toMatch(/^HTTP\/1\.1 503 /)
  expect((await visitor.request('localhost', '/healthz')).status).toBe(200)
  await mend()
  expect((await ask('/api/groups'))[0]).toBe(200)
  expect(lines(app), 'the log').not.toContain(cookie.split('=')[1])
  expect(processFailures()).toBe(0)
})
