import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Sessions } from '../../server/auth/sessions.ts'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import type { TestApp } from '../kit/app.ts'
import { enter, joinLink, look, personalLink, post, team } from '../kit/links.ts'

const CREATE = `mutation ($userIds: [ID!]!, $replace: Boolean) {
  createPersonalLinks(input: { userIds: $userIds, replace: $replace }) {
    secret user { id username hasLink link { id uses } } link { id uses createdBy lastUsedAt user { id } }
  }
}`
const VIEWER = '{ viewer { name role isSignedIn mayStart users { username group { name } } } }'
const NO_LONGER_WORKS = 'This link no longer works. Ask an organizer for a new one.'

interface Created {
  secret: string | null
  user: { id: string; username: string; hasLink: boolean; link: { id: string } | null }
  link: { id: string; uses: number; lastUsedAt: string | null }
}

async function create(app: TestApp, userIds: string[], replace = false): Promise<Created[]> {
  return (await app.execute<{ createPersonalLinks: Created[] }>(CREATE, { userIds, replace })).createPersonalLinks
}

describe.each(['no login', 'a local password', 'OAuth'] as const)('with %s', (setup) => {
  test('a personal link signs a participant in, who sees only what is theirs', async () => {
    const app = await startWith(setup)
    const { ids } = await team(app, 'alpha', ['ann', 'bob'])
    const { starter } = app.services
    for (const id of Object.values(ids)) await starter.launch(organizer, id)
    const secret = await personalLink(app, ids.ann!)
    expect(await look(app, secret)).toEqual({
      status: 200,
      body: { kind: 'person', group: 'alpha', title: null, username: 'ann' },
    })
    const { status, cookie } = await enter(app, secret)
    expect(status).toBe(200)
    const { data } = await app.answer(
      `{ ${VIEWER.slice(2, -2)} groups { items { users { username } } } }`,
      {},
      { cookie },
    )
    expect(data).toEqual({
      viewer: {
        ...{ name: 'ann of alpha', role: 'PARTICIPANT', isSignedIn: true, mayStart: true },
        users: [{ username: 'ann', group: { name: 'alpha' } }],
      },
      groups: { items: [{ users: [{ username: 'ann' }] }] },
    })
    const rest = await fetch(`${app.url}/api/instances`, { headers: { cookie } })
    expect(await rest.json()).toMatchObject({ total: 1, instances: [{ user: { username: 'ann' } }] })
    const deletion = await app.answer(`mutation { deleteUser(input: { id: "${ids.ann}" }) { id } }`, {}, { cookie })
    expect(deletion.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    expect(await me(app, cookie)).toMatchObject({ user_id: `link:${ids.ann}`, provider: 'link' })
  })
})

test('without a login, browsers that used no link are organizers, bad cookie or not', async () => {
  const app = await startWith('no login')
  const { ids } = await team(app, 'alpha', ['ann'])
  const role = async (headers: Record<string, string>) =>
    (await app.answer<{ viewer: { role: string } }>(VIEWER, {}, headers)).data?.viewer.role
  const { cookie } = await enter(app, await personalLink(app, ids.ann!))
  expect(await role({ cookie })).toBe('PARTICIPANT')
  expect(await role({})).toBe('ORGANIZER')
  expect(await role({ cookie: 'session=v1:x:0123456789abcdef' })).toBe('ORGANIZER')
  await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie } })
  expect(await role({ cookie })).toBe('ORGANIZER')
})

describe('personal links', () => {
  test('are created for many at once, in their order, and replaced on request', async () => {
    const app = await startWith('no login')
    const { ids } = await team(app, 'alpha', ['ann', 'bob', 'cy'])
    const [first] = await create(app, [ids.bob!])
    expect(first?.secret).toMatch(/^[\w-]{32}$/)
    const all = [ids.cy!, ids.bob!, ids.ann!, ids.cy!]
    const created = await create(app, all)
    expect(created.map(({ user }) => user.id)).toEqual(all)
    expect(created.map(({ secret }) => secret !== null)).toEqual([true, false, true, true])
    expect(created[0]).toEqual(created[3])
    expect(created[1]?.link.id).toBe(first?.link.id)
    for (const { user, link } of created) expect([user.hasLink, user.link?.id]).toEqual([true, link.id])

    await enter(app, first?.secret as string)
    const [again] = await create(app, [ids.bob!], true)
    expect(again).toMatchObject({ link: { id: first?.link.id, uses: 0, lastUsedAt: null } })
    expect((await enter(app, first?.secret as string)).status).toBe(404)
    expect((await enter(app, again?.secret as string)).status).toBe(200)
    expect(await app.db.accessLink.count()).toBe(3)
  })

  test('are created for up to 2,000 users in one call', async () => {
    const app = await startWith('no login')
    const { groupId } = await team(app, 'alpha', [])
    const people = Array.from({ length: 2_000 }, (_, n) => ({
      groupId,
      username: `u${n}`,
      volume: `thon-workspace-${n}`,
    }))
    const rows = await app.db.user.createManyAndReturn({ data: people })
    const ids = rows.map(({ id }) => id)
    const links = await app.services.links.createPersonalLinks(organizer, { userIds: ids })
    expect(new Set(links.map(({ secret }) => secret)).size).toBe(2_000)
    expect((await enter(app, links[1_999]?.secret as string)).status).toBe(200)
    expect(await app.refused(CREATE, { userIds: [...ids, 'x'] })).toMatchObject({ code: 'INVALID_INPUT' })
  })

  test('are not created at all when one of the users does not exist', async () => {
    const app = await startWith('no login')
    const { ids } = await team(app, 'alpha', ['ann'])
    expect(await app.refused(CREATE, { userIds: [ids.ann, 'x'] })).toMatchObject({
      code: 'NOT_FOUND',
      message: 'User x not found',
    })
    expect(await app.db.accessLink.count()).toBe(0)
  })

  test.for(['replaced', 'revoked', 'the user is deleted', 'the group is deleted'])(
    'close their sessions and open sockets at once when %s',
    async (how) => {
      const app = await startWith('OAuth')
      const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
      const [ann, bob] = [ids.ann!, ids.bob!]
      const secret = await personalLink(app, ann)
      const { cookie } = await enter(app, secret)
      const others = await enter(app, await personalLink(app, bob))
      const { closed } = await socket(app, cookie)
      const { links, users, groups } = app.services
      if (how === 'replaced') await links.createPersonalLinks(organizer, { userIds: [ann], replace: true })
      if (how === 'revoked') await links.revokePersonalLink(organizer, ann)
      if (how === 'the user is deleted') await users.deleteUser(organizer, ann, { deleteWorkspaces: false })
      if (how === 'the group is deleted') await groups.delete(organizer, groupId, { deleteWorkspaces: false })
      expect(await closed).toEqual([4401, 'Signed out'])
      expect(await me(app, cookie)).toEqual({ authenticated: false })
      expect(await enter(app, secret)).toMatchObject({ status: 404, detail: NO_LONGER_WORKS })
      expect(await app.db.session.count({ where: { identityId: `link:${ann}` } })).toBe(0)
      const stays = how !== 'the group is deleted'
      expect((await me(app, others.cookie)).authenticated).toBe(stays)
    },
  )

  test('leave no session behind when replaced during a sign-in', async () => {
    const app = await startWith('OAuth')
    const { ids } = await team(app, 'alpha', ['ann'])
    const secret = await personalLink(app, ids.ann!)
    const create = vi.spyOn(Sessions.prototype, 'create')
    create.mockImplementationOnce(async function (this: Sessions, identityId) {
      await personalLink(app, ids.ann!)
      return this.create(identityId)
    })
    expect(await enter(app, secret)).toMatchObject({ status: 404, detail: NO_LONGER_WORKS, cookie: '' })
    expect(await app.db.session.count()).toBe(0)
  })

  test('that do not exist cannot be revoked', async () => {
    const app = await startWith('no login')
    const { ids } = await team(app, 'alpha', ['ann'])
    const revoke = (id: string) => app.refused(`mutation { revokePersonalLink(input: { userId: "${id}" }) { id } }`)
    expect(await revoke(ids.ann!)).toMatchObject({ code: 'NOT_FOUND', message: 'User ann does not have a link.' })
    expect(await revoke('x')).toMatchObject({ code: 'NOT_FOUND', message: 'User x not found' })
  })

  test('and their sessions survive a restart of the server', async () => {
    const app = await startWith('OAuth')
    const { ids } = await team(app, 'alpha', ['ann'])
    const secret = await personalLink(app, ids.ann!)
    const { cookie } = await enter(app, secret)
    const again = await app.restart()
    expect(await me(again, cookie)).toMatchObject({ user_id: `link:${ids.ann}` })
    expect((await enter(again, secret)).status).toBe(200)
  })
})

test('pages of other origins cannot sign a visitor in', async () => {
  const app = await startWith('OAuth')
  const { ids } = await team(app, 'alpha', ['ann'])
  const secret = await personalLink(app, ids.ann!)
  for (const origin of ['https://evil.example', 'null', app.url.replace(/\d+$/, '1')]) {
    const response = await post(app, '', { secret }, { origin })
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
  }
  const [cookie] = (await post(app, '', { secret }, { origin: app.url })).headers.getSetCookie()
  expect(cookie).toMatch(/^session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax$/)
})

describe('people who joined by a link', () => {
  test('can be suspended, and never become organizers', async () => {
    const app = await startWith('OAuth')
    const boss = { cookie: await signedIn(app, 'organizer') }
    const { ids } = await team(app, 'alpha', ['ann'])
    const secret = await personalLink(app, ids.ann!)
    const { cookie } = await enter(app, secret)
    const id = `link:${ids.ann}`
    const { data } = await app.answer<{ identities: { items: object[] } }>(
      '{ identities { items { id provider displayName role } } }',
      {},
      boss,
    )
    expect(data?.identities.items).toContainEqual({
      id,
      provider: 'link',
      displayName: 'ann of alpha',
      role: 'PARTICIPANT',
    })
    await expect(app.services.identities.update(organizer, { id, role: 'organizer' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'ann of alpha joined by a link. People who do are always participants.',
    })
    await app.services.identities.update(organizer, { id, role: 'waiting' })
    const { uses } = await app.db.accessLink.findFirstOrThrow()
    expect((await app.answer('{ groups { items { id } } }', {}, { cookie })).errors?.[0]?.extensions?.code).toBe(
      'FORBIDDEN',
    )
    expect((await enter(app, secret)).status).toBe(403)
    expect((await enter(app, await personalLink(app, ids.ann!))).status).toBe(403)
    expect([uses, (await app.db.accessLink.findFirstOrThrow()).uses]).toEqual([1, 0])
    await app.services.identities.update(organizer, { id, role: 'participant' })
    expect((await enter(app, await personalLink(app, ids.ann!))).status).toBe(200)
  })

  test('do not count: the first to sign in with an account is the organizer', async () => {
    const app = await startWith('OAuth')
    const { ids } = await team(app, 'alpha', ['ann'])
    await enter(app, await personalLink(app, ids.ann!))
    const first = { id: 'github:1', provider: 'github', displayName: 'x', email: null }
    expect((await app.services.identities.signIn(first)).role).toBe('organizer')
  })

  test('see no links, and cannot create, replace or revoke any', async () => {
    const app = await startWith('no login')
    const { groupId, ids } = await team(app, 'alpha', ['ann'])
    const { id } = await joinLink(app, groupId)
    const { cookie } = await enter(app, await personalLink(app, ids.ann!))
    const { data } = await app.answer(
      '{ groups { items { joinLinks { items { id } total } users { hasLink link { id } } } } }',
      {},
      { cookie },
    )
    expect(data).toEqual({
      groups: { items: [{ joinLinks: { items: [], total: 0 }, users: [{ hasLink: false, link: null }] }] },
    })
    const { groups } = await app.execute<{ groups: { items: object[] } }>(
      '{ groups { items { joinLinks { items { id } total } users { hasLink } } } }',
    )
    expect(groups.items).toEqual([{ joinLinks: { items: [{ id }], total: 1 }, users: [{ hasLink: true }] }])
    for (const act of [
      `createPersonalLinks(input: { userIds: ["${ids.ann}"] }) { secret }`,
      `revokePersonalLink(input: { userId: "${ids.ann}" }) { id }`,
      `createJoinLink(input: { groupId: "${groupId}", allowExistingUsers: true, allowNewUsers: true }) { secret }`,
      `rotateJoinLink(input: { id: "${id}" }) { secret }`,
      `revokeJoinLink(input: { id: "${id}" }) { id }`,
    ])
      expect((await app.answer(`mutation { ${act} }`, {}, { cookie })).errors?.[0]?.extensions?.code, act).toBe(
        'FORBIDDEN',
      )
  })
})

test('every creation, replacement, revocation and use of a link is logged', async () => {
  const app = await startWith('no login')
  const { groupId, ids } = await team(app, 'alpha', ['ann'])
  const before = await app.db.activity.count()
  await create(app, [ids.ann!])
  await enter(app, (await create(app, [ids.ann!], true))[0]?.secret as string)
  await app.services.links.revokePersonalLink(organizer, ids.ann!)
  const { id } = await joinLink(app, groupId)
  const { secret } = await app.services.links.rotateJoinLink(organizer, id)
  await enter(app, secret, 'new')
  await app.services.links.revokeJoinLink(organizer, id)
  const actions = (await app.db.activity.findMany({ orderBy: { id: 'asc' } })).slice(before)
  expect(
    actions.map(({ actor, action, kind, label, outcome }) => [actor, action, kind, label, outcome].join(' | ')),
  ).toEqual([
    'organizer | create link | user | alpha/ann | done',
    'organizer | replace link | user | alpha/ann | done',
    'ann of alpha | sign in by link | user | alpha/ann | done',
    'organizer | revoke link | user | alpha/ann | done',
    'organizer | create join link | group | alpha | done',
    'organizer | replace join link | group | alpha | done',
    'new of alpha | join by link | user | alpha/new | done',
    'THON | create user | user | alpha/new | done',
    'organizer | revoke join link | group | alpha | done',
  ])
})

test('subscribers of groups see links created, used and revoked', async () => {
  const app = await startWith('no login')
  const { ids } = await team(app, 'alpha', ['ann'])
  const frames = await app.subscribe<{
    groupChanged: { group: { users: { hasLink: boolean; claimedAt: string | null }[] } }
  }>('subscription { groupChanged { group { users { hasLink claimedAt link { uses } } } } }')
  const next = async () => (await frames.next()).groupChanged.group.users[0]
  const secret = await personalLink(app, ids.ann!)
  expect(await next()).toEqual({ hasLink: true, claimedAt: null, link: { uses: 0 } })
  await enter(app, secret)
  expect(await next()).toEqual({ hasLink: true, claimedAt: expect.any(String) as string, link: { uses: 1 } })
  await app.services.links.revokePersonalLink(organizer, ids.ann!)
  expect(await next()).toEqual({ hasLink: false, claimedAt: expect.any(String) as string, link: null })
})

async function me(app: TestApp, cookie: string): Promise<{ authenticated: boolean; user_id?: string }> {
  const response = await fetch(`${app.url}/api/auth/me`, { headers: { cookie, 'x-forwarded-for': '10.0.0.1' } })
  return (await response.json()) as { authenticated: boolean }
}

/** An open socket. @returns how it will be closed */
async function socket(app: TestApp, cookie: string): Promise<{ closed: Promise<[number, string]> }> {
  const opened = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { cookie },
  })
  onTestFinished(() => opened.terminate())
  const closed = new Promise<[number, string]>((resolve) =>
    opened.on('close', (code, reason) => resolve([code, String(reason)])),
  )
  await new Promise((resolve) => opened.on('open', resolve))
  return { closed }
}
