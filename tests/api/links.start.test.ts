import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import type { TestApp } from '../kit/app.ts'
import { enter, personalLink, team } from '../kit/links.ts'

const START = 'mutation ($userId: ID!) { startOwnSandbox(userId: $userId) { id state user { id } } }'

interface Started {
  startOwnSandbox: { id: string; state: string; user: { id: string } }
}

/** Ann and bob of one group, and ann in her browser, come by her link. */
async function hall() {
  const app = await startWith('OAuth')
  const { ids } = await team(app, 'alpha', ['ann', 'bob'])
  const { cookie } = await enter(app, await personalLink(app, ids.ann!))
  return { app, ann: ids.ann!, bob: ids.bob!, cookie }
}

async function start(app: TestApp, userId: string, cookie: string) {
  const { data, errors } = await app.answer<Started>(START, { userId }, { cookie })
  return data ? data.startOwnSandbox : { code: errors?.[0]?.extensions?.code, message: errors?.[0]?.message }
}

async function forbid(app: TestApp, value = 'false'): Promise<void> {
  await app.services.settings.update(organizer, 'participants_may_start', { value })
}

async function settled(app: TestApp, id: string, state: string): Promise<void> {
  await expect.poll(async () => (await app.db.instance.findUnique({ where: { id } }))?.state).toBe(state)
}

describe('one’s own sandbox', () => {
  test('is started where there is none, left alone where it runs, and let go on where it is paused', async () => {
    const { app, ann, cookie } = await hall()
    const started = await start(app, ann, cookie)
    expect(started).toMatchObject({ state: 'PENDING', user: { id: ann } })
    const { id } = started as { id: string }
    await settled(app, id, 'RUNNING')
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'RUNNING' })
    await app.services.instances.pause(organizer, id)
    // While it is being paused, too.
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'PENDING' })
    await settled(app, id, 'RUNNING')
    await app.services.instances.kill(organizer, id)
    const next = await start(app, ann, cookie)
    expect(next).toMatchObject({ state: 'PENDING' })
    expect((next as { id: string }).id).not.toBe(id)
    const rows = await app.db.instance.findMany({ where: { userId: ann } })
    const { volume } = await app.db.user.findUniqueOrThrow({ where: { id: ann } })
    expect(new Set(rows.map((row) => row.volume))).toEqual(new Set([volume]))
    const acts = await app.db.activity.findMany({ where: { kind: 'instance', actor: 'ann of alpha' } })
    expect(acts.map(({ action, label }) => [action, label])).toEqual([
      ['start', 'alpha/ann'],
      ['resume', 'alpha/ann'],
      ['start', 'alpha/ann'],
    ])
  })

  test('of two pages at once is started once, and both are told of it', async () => {
    const { app, ann, cookie } = await hall()
    const all = await Promise.all(Array.from({ length: 8 }, () => start(app, ann, cookie)))
    const [first] = await app.db.instance.findMany()
    expect(all.map((one) => (one as { id: string }).id)).toEqual(all.map(() => first?.id))
    expect(await app.db.instance.count()).toBe(1)
  })

  test('is one’s own alone: another’s is not there, and strangers have none; organizers may start anybody’s', async () => {
    const { app, bob, cookie } = await hall()
    expect(await start(app, bob, cookie)).toEqual({ code: 'NOT_FOUND', message: `User ${bob} not found` })
    expect(await start(app, bob, '')).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await start(app, bob, await signedIn(app, 'waiting'))).toMatchObject({ code: 'FORBIDDEN' })
    const boss = await signedIn(app, 'organizer')
    expect(await start(app, bob, boss)).toMatchObject({ user: { id: bob } })
    expect(await start(app, 'x', boss)).toEqual({ code: 'NOT_FOUND', message: 'User x not found' })
  })

  test('is not started where organizers forbade it, but a paused one goes on', async () => {
    const { app, ann, bob, cookie } = await hall()
    const mayStart = async (of = cookie) =>
      (await app.answer<{ viewer: { mayStart: boolean } }>('{ viewer { mayStart } }', {}, { cookie: of })).data?.viewer
        .mayStart
    expect(await mayStart()).toBe(true)
    await forbid(app)
    expect(await mayStart()).toBe(false)
    expect(await start(app, ann, cookie)).toEqual({
      code: 'FORBIDDEN',
      message: 'Participants may not start sandboxes at present. Ask the organizer.',
    })
    const boss = await signedIn(app, 'organizer')
    expect([await mayStart(boss), await mayStart('')]).toEqual([true, false])
    expect(await start(app, bob, boss)).toMatchObject({ state: 'PENDING' })
    const { id } = (await start(app, ann, boss)) as { id: string }
    await settled(app, id, 'RUNNING')
    await app.services.instances.pause(organizer, id)
    await settled(app, id, 'PAUSED')
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'PENDING' })
    await forbid(app, '')
    expect(await mayStart()).toBe(true)
  })

  test('is refused while the engine is away', async () => {
    const { app, ann, cookie } = await hall()
    app.engine.leave()
    await expect.poll(() => start(app, ann, cookie).then((told) => (told as { code: string }).code)).toBe('UNAVAILABLE')
  })
})

test('whether participants may start is true, false or cleared, and nothing else', async () => {
  const app = await startWith('OAuth')
  for (const value of ['true', ' false ', '']) await forbid(app, value)
  for (const value of ['no', '0', 'False', 'null'])
    await expect(forbid(app, value)).rejects.toMatchObject({
      fields: [{ field: 'value', message: 'must be true or false; empty clears it' }],
    })
})
