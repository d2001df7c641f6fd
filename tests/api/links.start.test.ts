import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import type { TestApp } from '../kit/app.ts'
import { enter, personalLink, team } from '../kit/links.ts'

const START = 'mutation ($userId: ID!) { startMySandbox(input: { userId: $userId }) { id state user { id } } }'

interface Started {
  startMySandbox: { id: string; state: string; user: { id: string } }
}

/** Ann and bob in one group, and ann's browser, which joined by her link. */
async function fixtures() {
  const app = await startWith('OAuth')
  const { ids } = await team(app, 'alpha', ['ann', 'bob'])
  const { cookie } = await enter(app, await personalLink(app, ids.ann!))
  return { app, ann: ids.ann!, bob: ids.bob!, cookie }
}

async function start(app: TestApp, userId: string, cookie: string) {
  const { data, errors } = await app.answer<Started>(START, { userId }, { cookie })
  return data ? data.startMySandbox : { code: errors?.[0]?.extensions?.code, message: errors?.[0]?.message }
}

async function forbid(app: TestApp, value = 'false'): Promise<void> {
  await app.services.settings.update(organizer, 'participants_may_start', { value })
}

async function settled(app: TestApp, id: string, state: string): Promise<void> {
  await expect.poll(async () => (await app.db.instance.findUnique({ where: { id } }))?.state).toBe(state)
}

describe('startMySandbox', () => {
  test('starts a sandbox, leaves a running one alone and resumes a paused one', async () => {
    const { app, ann, cookie } = await fixtures()
    const started = await start(app, ann, cookie)
    expect(started).toMatchObject({ state: 'PENDING', user: { id: ann } })
    const { id } = started as { id: string }
    await settled(app, id, 'Running')
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'RUNNING' })
    await app.services.instances.pause(organizer, id)
    // Also while it is being paused.
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'PENDING' })
    await settled(app, id, 'Running')
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

  test('starts one sandbox for eight pages at once', async () => {
    const { app, ann, cookie } = await fixtures()
    const all = await Promise.all(Array.from({ length: 8 }, () => start(app, ann, cookie)))
    const [first] = await app.db.instance.findMany()
    expect(all.map((one) => (one as { id: string }).id)).toEqual(all.map(() => first?.id))
    expect(await app.db.instance.count()).toBe(1)
  })

  test('is for the user themselves, and for organizers', async () => {
    const { app, bob, cookie } = await fixtures()
    expect(await start(app, bob, cookie)).toEqual({ code: 'NOT_FOUND', message: 'This user no longer exists.' })
    expect(await start(app, bob, '')).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await start(app, bob, await signedIn(app, 'waiting'))).toMatchObject({ code: 'FORBIDDEN' })
    const boss = await signedIn(app, 'organizer')
    expect(await start(app, bob, boss)).toMatchObject({ user: { id: bob } })
    expect(await start(app, 'x', boss)).toEqual({ code: 'NOT_FOUND', message: 'This user no longer exists.' })
  })

  test('is refused while organizers forbid it, except for a paused sandbox', async () => {
    const { app, ann, bob, cookie } = await fixtures()
    const mayStart = async (of = cookie) =>
      (await app.answer<{ viewer: { mayStart: boolean } }>('{ viewer { mayStart } }', {}, { cookie: of })).data?.viewer
        .mayStart
    expect(await mayStart()).toBe(true)
    await forbid(app)
    expect(await mayStart()).toBe(false)
    expect(await start(app, ann, cookie)).toEqual({
      code: 'FORBIDDEN',
      message: 'Starting sandboxes is switched off right now. Ask your organizer.',
    })
    const boss = await signedIn(app, 'organizer')
    expect([await mayStart(boss), await mayStart('')]).toEqual([true, false])
    expect(await start(app, bob, boss)).toMatchObject({ state: 'PENDING' })
    const { id } = (await start(app, ann, boss)) as { id: string }
    await settled(app, id, 'Running')
    await app.services.instances.pause(organizer, id)
    await settled(app, id, 'Paused')
    expect(await start(app, ann, cookie)).toMatchObject({ id, state: 'PENDING' })
    await forbid(app, '')
    expect(await mayStart()).toBe(true)
  })

  test('is refused while the engine is unavailable', async () => {
    const { app, ann, cookie } = await fixtures()
    app.engine.leave()
    await expect
      .poll(() => start(app, ann, cookie).then((answer) => (answer as { code: string }).code))
      .toBe('UNAVAILABLE')
  })
})

test('participants_may_start is true, false or empty', async () => {
  const app = await startWith('OAuth')
  for (const value of ['true', ' false ', '']) await forbid(app, value)
  for (const value of ['no', '0', 'False', 'null'])
    await expect(forbid(app, value)).rejects.toMatchObject({
      fields: [{ field: 'value', message: 'must be true or false; empty clears it' }],
    })
})
