import { describe, expect, onTestFinished, test } from 'vitest'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { Frames, startApp, type TestApp } from '../kit/app.ts'
import { SETUPS, signedIn, startWith } from '../kit/access.ts'

const INSTANCES = '{ instances { total items { id username } } }'
const CHANGES = 'subscription { instanceChanged { kind id } }'
const person = (id: string, email: string | null = null) => ({ id, provider: 'github', displayName: id, email })

describe('sign-ins', () => {
  test('the first person to sign in is the organizer, and the next ones wait', async () => {
    const app = await startWith('OAuth')
    const { identities } = app.services
    expect((await identities.signIn(person('github:1'))).role).toBe('organizer')
    expect((await identities.signIn(person('github:2'))).role).toBe('waiting')
    expect((await identities.signIn(person('github:1'))).role).toBe('organizer')
  })

  test('of many first sign-ins at once, exactly one becomes the organizer', async () => {
    const app = await startWith('OAuth')
    const { identities } = app.services
    const rows = await Promise.all(Array.from({ length: 12 }, (_, n) => identities.signIn(person(`github:${n}`))))
    expect(rows.filter((row) => row.role === 'organizer')).toHaveLength(1)
  })

  test('people named in AUTH_ADMINS are organizers, and being first means nothing', async () => {
    const app = await startApp({ ...SETUPS.OAuth, AUTH_ADMINS: 'github:7, Boss@Example.org' })
    const { identities } = app.services
    expect((await identities.signIn(person('github:1'))).role).toBe('waiting')
    expect((await identities.signIn(person('github:7'))).role).toBe('organizer')
    expect((await identities.signIn(person('github:8', 'boss@example.org'))).role).toBe('organizer')
    await expect(identities.update(organizer, { id: 'github:7', role: 'waiting' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  test('a person with the e-mail of a user is that participant, unless suspended', async () => {
    const app = await startFixtures()
    const { identities } = app.services
    await identities.signIn(person('github:1'))
    expect((await identities.signIn(person('github:2', 'ann@example.org'))).role).toBe('participant')
    await identities.update(organizer, { id: 'github:2', role: 'waiting' })
    expect((await identities.signIn(person('github:2', 'ann@example.org'))).role).toBe('waiting')
  })

  test('an organizer approves people, and the last organizer cannot be suspended', async () => {
    const app = await startWith('OAuth')
    const { identities } = app.services
    await identities.signIn(person('github:1'))
    await identities.signIn(person('github:2'))
    await expect(identities.update(organizer, { id: 'github:1', role: 'waiting' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect((await identities.update(organizer, { id: 'github:2', role: 'organizer' })).role).toBe('organizer')
    expect((await identities.update(organizer, { id: 'github:1', role: 'waiting' })).role).toBe('waiting')
    await expect(identities.update(organizer, { id: 'github:2', role: 'king' })).rejects.toMatchObject({
      fields: [{ field: 'role', message: 'must be organizer, participant or waiting' }],
    })
  })
})

describe('participants', () => {
  test('see and operate their own sandbox, and no other exists for them', async () => {
    const app = await startFixtures()
    const cookie = await signedIn(app, 'participant', 'Ann@example.org')
    const { data } = await app.answer<{ instances: { total: number; items: { username: string }[] } }>(
      INSTANCES,
      {},
      { cookie },
    )
    expect(data?.instances).toMatchObject({ total: 1, items: [{ username: 'ann' }] })
    const bob = await app.db.instance.findFirstOrThrow({ where: { username: 'bob' } })
    expect(await app.answer(`{ instance(id: "${bob.id}") { id } }`, {}, { cookie })).toEqual({
      data: { instance: null },
    })
    const pause = `mutation { pauseInstance(input: { id: "${bob.id}" }) { id } }`
    expect((await app.answer(pause, {}, { cookie })).errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    const ann = await app.db.instance.findFirstOrThrow({ where: { username: 'ann' } })
    const paused = await app.answer(`mutation { pauseInstance(input: { id: "${ann.id}" }) { id } }`, {}, { cookie })
    expect(paused.errors).toBeUndefined()
    const killed = await app.answer(`mutation { killInstance(input: { id: "${ann.id}" }) { id } }`, {}, { cookie })
    expect(killed.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  })

  test('cannot reach other people of their group through the graph', async () => {
    const app = await startFixtures()
    const cookie = await signedIn(app, 'participant', 'ann@example.org')
    const through = `{ groups { items { name users { username email } event { eventId } } }
      instances { items { user { username group { users { username } } } } } }`
    const answer = JSON.stringify(await app.answer(through, {}, { cookie }))
    expect(answer).toContain('ann@example.org')
    expect(answer).not.toContain('bob')
    const users: unknown = await (await fetch(`${app.url}/api/users`, { headers: { cookie } })).json()
    expect(users).toMatchObject({ total: 1, users: [{ username: 'ann' }] })
    const instances: unknown = await (await fetch(`${app.url}/api/instances`, { headers: { cookie } })).json()
    expect(instances).toMatchObject({ total: 1, instances: [{ user: { username: 'ann' } }] })
  })

  test('get only their own changes from a subscription that all share', async () => {
    const app = await startFixtures()
    const [ann, boss] = [await signedIn(app, 'participant', 'ann@example.org'), await signedIn(app, 'organizer')]
    const [hers, all] = [await subscribe(app, ann), await subscribe(app, boss)]
    const rows = await app.db.instance.findMany({ orderBy: { username: 'asc' } })
    const [annId, bobId] = rows.map((row) => row.id)
    await app.services.instances.pause(organizer, bobId as string)
    await app.services.instances.pause(organizer, annId as string)
    const seen = await all.until((frame) => frame.instanceChanged.id === annId)
    expect(new Set(seen.map((frame) => frame.instanceChanged.id))).toEqual(new Set([annId, bobId]))
    expect((await hers.next()).instanceChanged.id).toBe(annId)
  })

  test('lose sight of a sandbox when its user gets another e-mail address', async () => {
    const app = await startFixtures()
    const cookie = await signedIn(app, 'participant', 'ann@example.org')
    const boss = await signedIn(app, 'organizer')
    const ann = await app.db.user.findFirstOrThrow({ where: { username: 'ann' } })
    const total = async () =>
      (await app.answer<{ instances: { total: number } }>(INSTANCES, {}, { cookie })).data?.instances.total
    expect(await total()).toBe(1)
    const change = `mutation { updateUser(input: { id: "${ann.id}", email: "else@example.org" }) { id } }`
    expect((await app.answer(change, {}, { cookie: boss })).errors).toBeUndefined()
    await expect.poll(total).toBe(0)
  })
})

describe('open sockets', () => {
  test('are closed for good when their session is signed out', async () => {
    const app = await startWith('OAuth')
    const cookie = await signedIn(app, 'organizer')
    const { closed } = await connected(app, cookie)
    await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie } })
    expect(await closed).toEqual([4401, 'Signed out'])
  })

  test('reconnect with the new role when a person is approved', async () => {
    const app = await startWith('OAuth')
    const cookie = await signedIn(app, 'waiting')
    const { closed } = await connected(app, cookie)
    const { id } = await app.db.identity.findFirstOrThrow()
    await app.services.identities.update(organizer, { id, role: 'organizer' })
    expect(await closed).toEqual([4205, 'Rights changed'])
    expect((await app.answer('{ groups { items { id } } }', {}, { cookie })).errors).toBeUndefined()
  })
})

/** Ann and bob in one group, each with a running sandbox. */
async function startFixtures(): Promise<TestApp> {
  const app = await startWith('OAuth')
  const { groups, users, starter } = app.services
  const alpha = await groups.create(organizer, { name: 'alpha' })
  for (const username of ['ann', 'bob'])
    await users.createUser(organizer, alpha.id, { username, email: `${username}@example.org` })
  for (const user of await users.list(organizer, {})) await starter.launch(organizer, user.id)
  return app
}

function client(
  app: TestApp,
  cookie: string,
  onClosed: (code: number, reason: string) => void = () => undefined,
): Client {
  class WithCookie extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers: { cookie } })
    }
  }
  const created = createClient({
    url: `${app.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WithCookie,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    on: { closed: (event) => onClosed((event as CloseEvent).code, (event as CloseEvent).reason) },
  })
  onTestFinished(() => void created.dispose())
  return created
}

async function subscribe(app: TestApp, cookie: string): Promise<Frames<{ instanceChanged: { id: string | null } }>> {
  return app.subscribe(CHANGES, {}, client(app, cookie))
}

/** Opens a socket. @returns how it will be closed */
async function connected(app: TestApp, cookie: string): Promise<{ closed: Promise<[number, string]> }> {
  const closed = Promise.withResolvers<[number, string]>()
  const opened = Promise.withResolvers<void>()
  const socket = client(app, cookie, (...how) => closed.resolve(how))
  socket.on('connected', () => opened.resolve())
  await opened.promise
  return { closed: closed.promise }
}
