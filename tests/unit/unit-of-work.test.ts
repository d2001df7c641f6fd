import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Events } from '../../server/core/events.ts'
import { closeDb, openDb } from '../../server/db/client.ts'
import { UnitOfWork, type Tx } from '../../server/db/unit-of-work.ts'

async function start() {
  const dir = mkdtempSync(join(tmpdir(), 'thon-unit-'))
  const path = join(dir, 'thon.db')
  const { db } = await openDb(path)
  onTestFinished(async () => {
    await closeDb(db)
    rmSync(dir, { recursive: true })
  })
  const events = new Events()
  const told: string[] = []
  events.on('setting', ({ id }) => told.push(id))
  return { db, path, told, unit: new UnitOfWork(db, events) }
}

async function set(tx: Tx, key: string): Promise<void> {
  const row = await tx.setting.create({ data: { key, value: 'x', updatedBy: 'ann' } })
  tx.publish('setting', { kind: 'ADDED', id: key, row })
}

test('rows are committed before their events are published, in order', async () => {
  const { db, told, unit } = await start()
  await unit.write(async (tx) => {
    await set(tx, 'a')
    await set(tx, 'b')
    expect(told).toEqual([])
  })
  expect(told).toEqual(['a', 'b'])
  expect(await db.setting.count()).toBe(2)
})

test('a failure undoes every row and publishes nothing', async () => {
  const { db, told, unit } = await start()
  const failing = unit.write(async (tx) => {
    await set(tx, 'a')
    throw new Error('in the middle')
  })
  await expect(failing).rejects.toThrow('in the middle')
  expect(told).toEqual([])
  expect(await db.setting.count()).toBe(0)
})

test('what a unit has read still holds when it writes', async () => {
  const { db, unit } = await start()
  await unit.write((tx) => set(tx, 'count'))
  await Promise.all(
    Array.from({ length: 50 }, () =>
      unit.write(async (tx) => {
        const { value } = await tx.setting.findUniqueOrThrow({ where: { key: 'count' } })
        await tx.setting.update({ where: { key: 'count' }, data: { value: `${value}x` } })
      }),
    ),
  )
  expect((await db.setting.findUniqueOrThrow({ where: { key: 'count' } })).value).toHaveLength(51)
})

test('a unit inside another one fails at once, and the next one works', async () => {
  const { db, unit } = await start()
  const nested = unit.write((tx) => unit.write((inner) => set(inner, 'a')).then(() => set(tx, 'b')))
  await expect(nested).rejects.toThrow('hand its tx on')
  await unit.write((tx) => set(tx, 'c'))
  expect((await db.setting.findMany()).map(({ key }) => key)).toEqual(['c'])
})

test('work that began inside a unit may write once that is over', async () => {
  const { db, unit } = await start()
  const over = Promise.withResolvers<void>()
  let later: Promise<void> | undefined
  await unit.write(async (tx) => {
    await set(tx, 'a')
    later = over.promise.then(() => unit.write((next) => set(next, 'b')))
  })
  over.resolve()
  await later
  expect(await db.setting.count()).toBe(2)
})

test('a thousand units leave one connection open', async () => {
  const { db, path, unit } = await start()
  const open = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path)
      } catch {
        return false
      }
    }).length
  await unit.write((tx) => set(tx, 'a'))
  const before = open()
  for (let index = 0; index < 1_000; index++)
    await unit.write((tx) => tx.setting.updateMany({ where: { key: 'a' }, data: { value: String(index) } }))
  expect(open()).toBe(before)
  expect(await db.$queryRaw`PRAGMA foreign_keys`).toEqual([{ foreign_keys: 1 }])
  expect(await db.$queryRaw`PRAGMA synchronous`).toEqual([{ synchronous: 1 }])
})
