import { expect, test } from 'vitest'
import { startWith, visitors } from '../kit/access.ts'
import { fillDisk } from '../kit/full-disk.ts'

const FULL = /^The disk with THON's database is full\. Nothing was changed/

test('on a full disk both APIs say so, change nothing, and log no error', async () => {
  const app = await startWith('no login')
  await fillDisk(app, 'Group')
  const answer = await fetch(`${app.url}/api/groups`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"name":"alpha"}',
  })
  expect([answer.status, await answer.json()]).toEqual([503, { detail: expect.stringMatching(FULL) as string }])
  const refusal = await app.refused('mutation { createGroup(input: { name: "alpha" }) { id } }')
  expect(refusal).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(FULL) as string })
  expect(await app.db.group.count()).toBe(0)
  expect(app.logged.lines).toEqual([])
})

test('sessions and tokens keep working on a full disk', async () => {
  const app = await startWith('OAuth')
  const { organizer, token } = await visitors(app, 'ann@example.org')
  // In the second half of its life, when using it writes.
  await app.db.session.updateMany({ data: { expiresAt: new Date(Date.now() + 3_600_000) } })
  for (const table of ['Session', 'ApiToken']) await fillDisk(app, table)
  for (const headers of [organizer, token]) expect((await fetch(`${app.url}/api/groups`, { headers })).status).toBe(200)
})
