import { test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { conforms } from './conforms.ts'

test('groups are created, renamed, listed and deleted as recorded', async () => {
  await conforms(await startApp(), 'groups-crud')
})

test('events, titles and the export of groups are answered as recorded', async () => {
  const app = await startApp()
  await seedEvents(app)
  await conforms(app, 'groups-events-export')
})

/** What the recording put into its database first. Times here have thousandths of a second, theirs millionths. */
async function seedEvents({ db }: TestApp): Promise<void> {
  const times = { createdAt: new Date('2026-01-02T03:04:05Z'), updatedAt: new Date('2026-01-02T03:04:05.100Z') }
  await db.event.create({
    data: { id: '11111111-1111-4111-8111-111111111111', eventId: 'hack26', title: 'Hack 2026', ...times },
  })
  await db.event.create({ data: { id: '22222222-2222-4222-8222-222222222222', eventId: 'ev two/ü', ...times } })
  const zeta = '33333333-3333-4333-8333-333333333333'
  await db.group.create({ data: { id: zeta, name: 'zeta', eventId: 'hack26', title: 'Team Zeta', ...times } })
  const afterwards = { ...times, createdAt: new Date('2026-01-02T03:04:05.001Z') }
  await db.group.create({ data: { id: '44444444-4444-4444-8444-444444444444', name: 'beta', ...afterwards } })
  await db.user.create({
    data: {
      id: '55555555-5555-4555-8555-555555555555',
      groupId: zeta,
      username: 'zoe',
      email: 'zoe@x.y',
      volume: 'thon-workspace-zeta-zoe',
      ...times,
    },
  })
}
