import { expect, describe, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { enter, joinLink, look, post, team } from '../kit/links.ts'

const NO_LONGER_WORKS = 'This link no longer works. Ask an organizer for a new one.'
const CREATE = `mutation ($groupId: ID!, $allowExistingUsers: Boolean = true, $allowNewUsers: Boolean = true, $expiresInHours: Int, $maxUses: Int) {
  createJoinLink(input: { groupId: $groupId, allowExistingUsers: $allowExistingUsers, allowNewUsers: $allowNewUsers,
    expiresInHours: $expiresInHours, maxUses: $maxUses }) { secret link { id expiresAt maxUses uses allowExistingUsers allowNewUsers group { name } user { id } } }
}`

/** Joins under all names at the same moment: each is looked up before any joins. @returns how many had which result */
async function atOnce(app: TestApp, secret: string, names: string[]): Promise<Record<string, number>> {
  const enter = (username: string) => app.services.linkEntry.enter({ secret, username }, '127.0.0.1')
  const counts: Record<string, number> = {}
  for (const one of await Promise.allSettled(names.map(enter))) {
    const result = one.status === 'fulfilled' ? 'joined' : (one.reason as { code: string }).code
    counts[result] = (counts[result] ?? 0) + 1
  }
  return counts
}

async function uses(app: TestApp, id: string): Promise<number> {
  return (await app.db.accessLink.findUniqueOrThrow({ where: { id } })).uses
}

async function names(app: TestApp, secret: string): Promise<unknown> {
  return (await look(app, secret)).body.names
}

describe('a join link', () => {
  test('shows its group, free names and expiry without counting a use', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['cy', 'ann', 'bob'])
    await app.db.group.update({ where: { id: groupId }, data: { title: 'Team Alpha' } })
    const { secret, id } = await joinLink(app, groupId, { allowNewUsers: false, maxUses: 1 })
    const { expiresAt } = await app.db.accessLink.findUniqueOrThrow({ where: { id } })
    for (let n = 0; n < 3; n++)
      expect(await look(app, secret)).toEqual({
        status: 200,
        body: {
          ...{ kind: 'group', group: 'alpha', title: 'Team Alpha', names: ['ann', 'bob', 'cy'] },
          ...{ takes_new_names: false, expires_at: expiresAt?.toISOString() },
        },
      })
    expect(await uses(app, id)).toBe(0)
  })

  test('lets people join under a free name, which is then taken', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    const { secret, id } = await joinLink(app, groupId, { allowNewUsers: false })
    const { cookie } = await enter(app, secret, ' bob ')
    const { data } = await app.answer<{ viewer: object }>('{ viewer { name role users { id } } }', {}, { cookie })
    expect(data?.viewer).toEqual({ name: 'bob of alpha', role: 'PARTICIPANT', users: [{ id: ids.bob }] })
    expect(await names(app, secret)).toEqual(['ann'])
    expect(await enter(app, secret, 'bob')).toMatchObject({
      status: 409,
      detail:
        'Someone already joined as bob. Is that you? Ask an organizer for your personal link. Otherwise pick another name from the list.',
    })
    expect(await uses(app, id)).toBe(1)
  })

  test('lets people join under a new name, and adds them to the group', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann'])
    const { secret } = await joinLink(app, groupId, { allowExistingUsers: false })
    expect(await names(app, secret)).toEqual([])
    const { cookie } = await enter(app, secret, 'Zoë')
    const user = await app.db.user.findFirstOrThrow({ where: { username: 'Zoë' } })
    expect([user.groupId, user.claimedAt !== null]).toEqual([groupId, true])
    const { data } = await app.answer<{ viewer: object }>('{ viewer { users { username } } }', {}, { cookie })
    expect(data?.viewer).toEqual({ users: [{ username: 'Zoë' }] })
    for (const name of ['Zoë', 'ann'])
      expect(await enter(app, secret, name)).toMatchObject({
        status: 409,
        detail: `Someone already joined as ${name}. Is that you? Ask an organizer for your personal link. Otherwise choose another name.`,
      })
  })

  test('refuses a new name under which there are old files or a sandbox', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann'])
    const { secret, id } = await joinLink(app, groupId, { allowExistingUsers: false })
    const { instances, users } = app.services
    const { id: ofAnn } = await instances.create(organizer, { group: 'alpha', username: 'ann' })
    await instances.kill(organizer, ofAnn)
    await instances.settled(ofAnn, 10)
    await users.deleteUser(organizer, ids.ann as string, { deleteWorkspaces: false })
    await instances.create(organizer, { group: 'alpha', username: 'guest' })
    for (const name of ['ann', 'guest']) expect(await enter(app, secret, name)).toMatchObject({ status: 409 })
    expect([await uses(app, id), await app.db.user.count()]).toEqual([0, 0])
    expect((await enter(app, secret, 'cy')).cookie).not.toBe('')
  })

  test('refuses bad, missing and unlisted names without counting a use', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann'])
    const both = await joinLink(app, groupId, { maxUses: 1 })
    const list = await joinLink(app, groupId, { allowNewUsers: false, maxUses: 1 })
    for (const name of ['', '  ', 'a/b', '..', 'x'.repeat(65), '<b>', 'a\nb'])
      expect((await enter(app, both.secret, name)).status, name).toBe(422)
    for (const body of [{}, { username: null }, { username: 7 }, { username: ['ann'] }])
      expect((await post(app, '', { secret: both.secret, ...body })).status).toBe(422)
    const { status, detail } = await enter(app, list.secret, 'zed')
    expect([status, detail]).toMatchObject([
      422,
      [{ loc: ['body', 'username'], msg: 'Value error, must be one of the names on the list' }],
    ])
    expect([await uses(app, both.id), await uses(app, list.id), await app.db.user.count()]).toEqual([0, 0, 1])
    expect((await enter(app, both.secret, 'ann')).status).toBe(200)
    expect(await app.db.activity.count({ where: { outcome: { not: 'done' } } })).toBe(0)
  })

  test('does not offer a name whose user signed in with an account', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    await app.db.user.update({ where: { id: ids.ann! }, data: { email: 'Ann@example.org' } })
    await signedIn(app, 'participant', 'ann@example.org')
    const { secret } = await joinLink(app, groupId)
    expect(await names(app, secret)).toEqual(['bob'])
    expect((await enter(app, secret, 'ann')).status).toBe(409)
  })

  test('does not offer a name whose user signed in by a personal link', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    const [own] = await app.services.links.createPersonalLinks(organizer, { userIds: [ids.ann] })
    const { secret } = await joinLink(app, groupId)
    await enter(app, own?.secret as string)
    expect(await names(app, secret)).toEqual(['bob'])
  })

  test('stops working when expired, used up, replaced or revoked', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann', 'bob'])
    const expectGone = async (secret: string) => {
      expect(await look(app, secret)).toEqual({ status: 404, body: { detail: NO_LONGER_WORKS } })
      expect(await enter(app, secret, 'new')).toMatchObject({ status: 404, detail: NO_LONGER_WORKS, cookie: '' })
    }
    const expired = await joinLink(app, groupId)
    await app.db.accessLink.update({ where: { id: expired.id }, data: { expiresAt: new Date() } })
    await expectGone(expired.secret)
    const used = await joinLink(app, groupId, { maxUses: 1 })
    const { cookie } = await enter(app, used.secret, 'ann')
    await expectGone(used.secret)
    const replaced = await joinLink(app, groupId, { maxUses: 2 })
    await enter(app, replaced.secret, 'bob')
    const { secret } = await app.services.links.rotateJoinLink(organizer, replaced.id)
    await expectGone(replaced.secret)
    expect((await enter(app, secret, 'cy')).status).toBe(200)
    // Uses stay with the link.
    await expectGone(secret)
    const revoked = await joinLink(app, groupId)
    const joined = await enter(app, revoked.secret, 'dee')
    await app.services.links.revokeJoinLink(organizer, revoked.id)
    await expectGone(revoked.secret)
    for (const stays of [cookie, joined.cookie])
      expect((await app.answer<{ viewer: object }>('{ viewer { role } }', {}, { cookie: stays })).data?.viewer).toEqual(
        {
          role: 'PARTICIPANT',
        },
      )
    expect(await app.db.user.count()).toBe(4)
  })

  test('is deleted with its group', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann'])
    const { secret } = await joinLink(app, groupId)
    await app.services.groups.delete(organizer, groupId, { deleteWorkspaces: false })
    expect((await look(app, secret)).status).toBe(404)
    expect(await app.db.accessLink.count()).toBe(0)
  })
})

describe('many people at once', () => {
  test.for(['new names', 'names of the list'] as const)(
    'join under %s only as often as the link allows',
    async (kind) => {
      const app = await startWith('OAuth')
      const people = Array.from({ length: 20 }, (_, n) => `u${n}`)
      const { groupId } = await team(app, 'alpha', kind === 'new names' ? [] : people)
      const { secret, id } = await joinLink(app, groupId, { maxUses: 5 })
      expect(await atOnce(app, secret, people)).toEqual({ joined: 5, NOT_FOUND: 15 })
      expect(await uses(app, id)).toBe(5)
      expect(await app.db.user.count({ where: { claimedAt: { not: null } } })).toBe(5)
      expect(await app.db.user.count()).toBe(kind === 'new names' ? 5 : 20)
      expect(await app.db.session.count()).toBe(5)
    },
  )

  test.for([{ there: ['ann'] }, { there: [] }])(
    'who choose the same name: one gets it, with %j in the group',
    async ({ there }) => {
      const app = await startWith('OAuth')
      const { groupId } = await team(app, 'alpha', there)
      const { secret, id } = await joinLink(app, groupId)
      const results = await atOnce(app, secret, Array<string>(12).fill('ann'))
      expect(results).toEqual({ joined: 1, CONFLICT: 11 })
      expect([await uses(app, id), await app.db.user.count(), await app.db.session.count()]).toEqual([1, 1, 1])
    },
  )

  test('200 people behind one address can all join', { timeout: 60_000 }, async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', [])
    const { secret } = await joinLink(app, groupId)
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => enter(app, secret, `u${n}`)))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(all.map(({ cookie }) => cookie)).size).toBe(200)
  })
})

describe('a new join link', () => {
  test('works for a day and without limit by default', async () => {
    const app = await startApp()
    const { groupId } = await team(app, 'alpha', [])
    const made = async (more: object) =>
      (await app.execute<{ createJoinLink: { link: { expiresAt: string } } }>(CREATE, { groupId, ...more }))
        .createJoinLink.link
    const hours = ({ expiresAt }: { expiresAt: string }) => Math.round((Date.parse(expiresAt) - Date.now()) / 3_600_000)
    const plain = await made({})
    expect(plain).toMatchObject({
      maxUses: null,
      uses: 0,
      allowExistingUsers: true,
      allowNewUsers: true,
      group: { name: 'alpha' },
      user: null,
    })
    expect(hours(plain)).toBe(24)
    const full = await made({ expiresInHours: 8760, maxUses: 10_000, allowExistingUsers: false })
    expect([hours(full), full]).toMatchObject([8760, { maxUses: 10_000, allowExistingUsers: false }])
  })

  test.for([
    [{ expiresInHours: 0 }, 'expiresInHours', 'must be 1 to 8760 hours'],
    [{ expiresInHours: 8761 }, 'expiresInHours', 'must be 1 to 8760 hours'],
    [{ maxUses: 0 }, 'maxUses', 'must be 1 to 10000'],
    [{ maxUses: 10_001 }, 'maxUses', 'must be 1 to 10000'],
    [
      { allowExistingUsers: false, allowNewUsers: false },
      'allowExistingUsers',
      'or allowNewUsers must be true, or nobody could join',
    ],
  ] as const)('%j is refused', async ([more, field, message]) => {
    const app = await startApp()
    const { groupId } = await team(app, 'alpha', [])
    expect(await app.refused(CREATE, { groupId, ...more })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ field, message }],
    })
    expect(await app.db.accessLink.count()).toBe(0)
  })

  test('needs a group that exists; so do replacing and revoking a link', async () => {
    const app = await startApp()
    expect(await app.refused(CREATE, { groupId: 'x' })).toMatchObject({
      code: 'NOT_FOUND',
      message: 'Group x not found',
    })
    const { ids } = await team(app, 'alpha', ['ann'])
    const [own] = await app.services.links.createPersonalLinks(organizer, { userIds: [ids.ann] })
    for (const id of ['x', own?.link.id as string])
      for (const act of [
        `rotateJoinLink(input: { id: "${id}" }) { secret }`,
        `revokeJoinLink(input: { id: "${id}" }) { id }`,
      ])
        expect(await app.refused(`mutation { ${act} }`)).toMatchObject({
          code: 'NOT_FOUND',
          message: 'This join link does not exist. It may have been revoked.',
        })
  })
})
