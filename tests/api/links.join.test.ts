import { expect, describe, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { signedIn, startWith } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { enter, joinLink, look, post, team } from '../kit/links.ts'

const OVER = 'This link is not valid any more. Ask your organizer for a new one.'
const CREATE = `mutation ($groupId: ID!, $allowExistingUsers: Boolean = true, $allowNewUsers: Boolean = true, $expiresInHours: Int, $maxUses: Int) {
  createJoinLink(input: { groupId: $groupId, allowExistingUsers: $allowExistingUsers, allowNewUsers: $allowNewUsers,
    expiresInHours: $expiresInHours, maxUses: $maxUses }) { secret link { id expiresAt maxUses uses allowExistingUsers allowNewUsers group { name } user { id } } }
}`

/** Comes in by all names at the same moment: each is looked up before any is let in. @returns how many fared how */
async function atOnce(app: TestApp, secret: string, names: string[]): Promise<Record<string, number>> {
  const enter = (username: string) => app.services.linkEntry.enter({ secret, username }, '127.0.0.1')
  const counts: Record<string, number> = {}
  for (const one of await Promise.allSettled(names.map(enter))) {
    const told = one.status === 'fulfilled' ? 'let in' : (one.reason as { code: string }).code
    counts[told] = (counts[told] ?? 0) + 1
  }
  return counts
}

async function uses(app: TestApp, id: string): Promise<number> {
  return (await app.db.accessLink.findUniqueOrThrow({ where: { id } })).uses
}

async function names(app: TestApp, secret: string): Promise<unknown> {
  return (await look(app, secret)).body.names
}

describe('a link into a group', () => {
  test('tells the group, its free names and its end, as often as it is asked, and uses nothing up', async () => {
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

  test('lets somebody in by a free name, which is theirs from then on', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    const { secret, id } = await joinLink(app, groupId, { allowNewUsers: false })
    const { cookie } = await enter(app, secret, ' bob ')
    const { data } = await app.answer<{ viewer: object }>('{ viewer { name role users { id } } }', {}, { cookie })
    expect(data?.viewer).toEqual({ name: 'bob of alpha', role: 'participant', users: [{ id: ids.bob }] })
    expect(await names(app, secret)).toEqual(['ann'])
    expect(await enter(app, secret, 'bob')).toMatchObject({
      status: 409,
      detail:
        'The name bob is taken: pick another name from the list. If it is yours, ask your organizer for a link of your own.',
    })
    expect(await uses(app, id)).toBe(1)
  })

  test('lets somebody in by a new name, who is a user of the group from then on', async () => {
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
        detail: `The name ${name} is taken: choose another. If it is yours, ask your organizer for a link of your own.`,
      })
  })

  test('gives no new name under which there are files or a sandbox of somebody before', async () => {
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

  test('refuses names that break the rule, are missing or are not on the list; none of them costs a use', async () => {
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

  test('does not offer the name of somebody who signed in with an account of their e-mail address', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    await app.db.user.update({ where: { id: ids.ann! }, data: { email: 'Ann@example.org' } })
    await signedIn(app, 'participant', 'ann@example.org')
    const { secret } = await joinLink(app, groupId)
    expect(await names(app, secret)).toEqual(['bob'])
    expect((await enter(app, secret, 'ann')).status).toBe(409)
  })

  test('does not offer the name of somebody who came by their own link', async () => {
    const app = await startWith('OAuth')
    const { groupId, ids } = await team(app, 'alpha', ['ann', 'bob'])
    const [own] = await app.services.links.createPersonalLinks(organizer, { userIds: [ids.ann] })
    const { secret } = await joinLink(app, groupId)
    await enter(app, own?.secret as string)
    expect(await names(app, secret)).toEqual(['bob'])
  })

  test('works for a while: not after its time, nor once it is used up, replaced or revoked', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann', 'bob'])
    const gone = async (secret: string) => {
      expect(await look(app, secret)).toEqual({ status: 404, body: { detail: OVER } })
      expect(await enter(app, secret, 'new')).toMatchObject({ status: 404, detail: OVER, cookie: '' })
    }
    const expired = await joinLink(app, groupId)
    await app.db.accessLink.update({ where: { id: expired.id }, data: { expiresAt: new Date() } })
    await gone(expired.secret)
    const used = await joinLink(app, groupId, { maxUses: 1 })
    const { cookie } = await enter(app, used.secret, 'ann')
    await gone(used.secret)
    const replaced = await joinLink(app, groupId, { maxUses: 2 })
    await enter(app, replaced.secret, 'bob')
    const { secret } = await app.services.links.rotateJoinLink(organizer, replaced.id)
    await gone(replaced.secret)
    expect((await enter(app, secret, 'cy')).status).toBe(200)
    // Uses stay with the link.
    await gone(secret)
    const revoked = await joinLink(app, groupId)
    const joined = await enter(app, revoked.secret, 'dee')
    await app.services.links.revokeJoinLink(organizer, revoked.id)
    await gone(revoked.secret)
    for (const stays of [cookie, joined.cookie])
      expect((await app.answer<{ viewer: object }>('{ viewer { role } }', {}, { cookie: stays })).data?.viewer).toEqual(
        {
          role: 'participant',
        },
      )
    expect(await app.db.user.count()).toBe(4)
  })

  test('goes with its group', async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', ['ann'])
    const { secret } = await joinLink(app, groupId)
    await app.services.groups.delete(organizer, groupId, { deleteWorkspaces: false })
    expect((await look(app, secret)).status).toBe(404)
    expect(await app.db.accessLink.count()).toBe(0)
  })
})

describe('of many at once', () => {
  test.for(['new names', 'names of the list'] as const)(
    'exactly as many come in by %s as there are uses',
    async (kind) => {
      const app = await startWith('OAuth')
      const people = Array.from({ length: 20 }, (_, n) => `u${n}`)
      const { groupId } = await team(app, 'alpha', kind === 'new names' ? [] : people)
      const { secret, id } = await joinLink(app, groupId, { maxUses: 5 })
      expect(await atOnce(app, secret, people)).toEqual({ 'let in': 5, NOT_FOUND: 15 })
      expect(await uses(app, id)).toBe(5)
      expect(await app.db.user.count({ where: { claimedAt: { not: null } } })).toBe(5)
      expect(await app.db.user.count()).toBe(kind === 'new names' ? 5 : 20)
      expect(await app.db.session.count()).toBe(5)
    },
  )

  test.for([{ there: ['ann'] }, { there: [] }])('who pick the same name, one has it: %j', async ({ there }) => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', there)
    const { secret, id } = await joinLink(app, groupId)
    const told = await atOnce(app, secret, Array<string>(12).fill('ann'))
    expect(told).toEqual({ 'let in': 1, CONFLICT: 11 })
    expect([await uses(app, id), await app.db.user.count(), await app.db.session.count()]).toEqual([1, 1, 1])
  })

  test('a whole hall of 200 behind one address comes in', { timeout: 60_000 }, async () => {
    const app = await startWith('OAuth')
    const { groupId } = await team(app, 'alpha', [])
    const { secret } = await joinLink(app, groupId)
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => enter(app, secret, `u${n}`)))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(all.map(({ cookie }) => cookie)).size).toBe(200)
  })
})

describe('when it is made', () => {
  test('it works for a day and without limit, unless said', async () => {
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
      'or allowNewUsers must be true: else nobody could come by it',
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

  test('its group has to be there, and so has the link that is replaced or revoked', async () => {
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
          message: `Join link ${id} not found`,
        })
  })
})
