import { beforeEach, describe, expect, test, vi } from 'vitest'
import { organizer, viewerOf, type Viewer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { fillDisk, freeDisk } from '../kit/full-disk.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { create, get, inState, refusedCommand, refusedCreate, running } from '../kit/instances.ts'

const FULL = { code: 'UNAVAILABLE', message: expect.stringMatching(/full\. Nothing was changed/) as string }
const RENEW = 'mutation ($id: ID!) { renewInstance(input: { id: $id, timeoutMinutes: 60 }) { state expiresAt } }'

let app: TestApp
beforeEach(async () => {
  app = await startApp()
})

/** Every topic that is published from now on. */
function heard(topic: 'group' | 'instance' | 'setting' | 'activity'): string[] {
  const ids: string[] = []
  app.services.events.on(topic, ({ id }) => ids.push(id))
  return ids
}

describe('when the activity log cannot be written', () => {
  test('a sandbox is not created', async () => {
    await fillDisk(app, 'Activity')
    const told = heard('instance')
    expect(await refusedCreate(app, { group: 'alpha', username: 'ann' })).toMatchObject(FULL)
    expect(await app.db.instance.count()).toBe(0)
    expect(await app.engine.list()).toEqual([])
    expect(told).toEqual([])
  })

  test('a sandbox is not stopped, and can be stopped later', async () => {
    const { id } = await running(app)
    await fillDisk(app, 'Activity')
    expect(await refusedCommand(app, 'killInstance', id)).toMatchObject(FULL)
    expect((await get(app, id)).state).toBe('RUNNING')
    await freeDisk(app, 'Activity')
    await app.execute('mutation ($id: ID!) { killInstance(input: { id: $id }) { id } }', { id })
    await inState(app, id, 'TERMINATED')
  })

  test('none of several sandboxes is stopped', async () => {
    const ids = [(await running(app, 'ann')).id, (await running(app, 'bob')).id]
    await fillDisk(app, 'Activity')
    await expect(app.services.instances.bulk(organizer, { command: 'kill', ids })).rejects.toThrow('full')
    for (const id of ids) expect((await get(app, id)).state).toBe('RUNNING')
  })

  test('groups, users and settings do not change', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    await fillDisk(app, 'Activity')
    const told = [heard('group'), heard('setting')]
    const input = { id: alpha.id, name: 'beta' }
    expect(
      await app.refused('mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { id } }', { input }),
    ).toMatchObject(FULL)
    await expect(app.services.settings.update(organizer, 'domain', { value: 'hall.test' })).rejects.toThrow('full')
    await expect(app.services.users.createUser(organizer, alpha.id, { username: 'bob' })).rejects.toThrow('full')
    const group = await app.db.group.findUniqueOrThrow({ where: { id: alpha.id }, include: { users: true } })
    expect([group.name, group.users.map(({ username }) => username)]).toEqual(['alpha', ['ann']])
    expect(await app.db.setting.count()).toBe(0)
    expect(told).toEqual([[], []])
  })

  test('a group is not deleted, and its sandboxes run on', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const { id } = await running(app)
    await fillDisk(app, 'Activity')
    await expect(app.services.groups.delete(organizer, alpha.id, { deleteWorkspaces: true })).rejects.toThrow('full')
    expect((await get(app, id)).state).toBe('RUNNING')
  })

  test('a refusal is still answered', async () => {
    const { id } = await running(app)
    await fillDisk(app, 'Activity')
    expect((await refusedCommand(app, 'resumeInstance', id)).code).toBe('CONFLICT')
  })
})

test('a deletion that fails at the end says what was done before', async () => {
  const alpha = await addGroup(app, 'alpha', ['ann'])
  await app.db.$executeRawUnsafe(
    `CREATE TRIGGER full_Group BEFORE DELETE ON "Group" BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  )
  const failing = app.services.groups.delete(organizer, alpha.id, { deleteWorkspaces: true })
  await expect(failing).rejects.toThrow(
    'Sandboxes were stopped and files deleted, but the group alpha is still listed: the database could not be written. Delete it again.',
  )
  expect(await app.db.group.count()).toBe(1)
  expect(await app.db.activity.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({ outcome: 'failed' })
})

describe('when the state moves between reading and writing', () => {
  /** The service reads a row, and gets on only when that is out of date. */
  function readBeforeRunning(id: string): void {
    const { instances } = app.services
    const read = instances.get.bind(instances)
    vi.spyOn(instances, 'get').mockImplementationOnce(async (viewer, asked) => {
      const old = await read(viewer, asked)
      await inState(app, id, 'RUNNING')
      expect(old.state).toBe('Pending')
      return old
    })
  }

  test('a renewal right after the start takes effect', async () => {
    const release = app.engine.hold('start')
    const { id } = await create(app)
    readBeforeRunning(id)
    const renewal = app.execute<{ renewInstance: { expiresAt: string | null } }>(RENEW, { id })
    release()
    expect((await renewal).renewInstance.expiresAt).not.toBeNull()
    expect((await get(app, id)).expiresAt).not.toBeNull()
  })

  test('a registration right after the start takes effect', async () => {
    const release = app.engine.hold('start')
    const { id } = await create(app)
    readBeforeRunning(id)
    const registration = app.services.instances.register(organizer, id, { group: 'beta', username: 'bob' })
    release()
    expect(await registration).toMatchObject({ group: 'beta', username: 'bob' })
    expect(await get(app, id)).toMatchObject({ groupName: 'beta', username: 'bob' })
  })

  test('a renewal of a sandbox that stopped is refused', async () => {
    const { id } = await running(app)
    const { instances } = app.services
    const read = instances.get.bind(instances)
    vi.spyOn(instances, 'get').mockImplementationOnce(async (viewer, asked) => {
      const old = await read(viewer, asked)
      await instances.kill(organizer, id)
      await inState(app, id, 'TERMINATED')
      return old
    })
    await expect(instances.renew(organizer, id, { timeoutMinutes: 60 })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('files that were written to a sandbox that stopped meanwhile are a conflict', async () => {
    const { id } = await running(app)
    vi.spyOn(app.engine, 'update').mockImplementationOnce(async () => {
      await app.services.instances.kill(organizer, id)
      await inState(app, id, 'TERMINATED')
      return []
    })
    const [result] = await app.services.instanceFiles.update(organizer, [id], false)
    expect(result?.error).toMatchObject({
      code: 'CONFLICT',
      message: 'alpha/ann stopped while its files were written. Start it again: it gets them.',
    })
  })

  test('a rename of a deleted group is not found', async () => {
    const alpha = await addGroup(app, 'alpha')
    const { groups } = app.services
    const read = groups.get.bind(groups)
    vi.spyOn(groups, 'get').mockImplementationOnce(async (viewer, id) => {
      const old = await read(viewer, id)
      await app.db.group.delete({ where: { id } })
      return old
    })
    await expect(groups.update(organizer, alpha.id, { name: 'beta' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('refusals', () => {
  function participant(name: string, userId: string): Viewer {
    const person = { id: `link:${userId}`, displayName: name, email: null, role: 'participant' as const, userId }
    return viewerOf(person, () => new Set())
  }

  test('of one person are counted, and leave the entries of others in place', async () => {
    const alpha = await addGroup(app, 'alpha', ['ann'])
    const ann = userOf(alpha, 'ann').id
    await app.services.starter.startUser(organizer, ann)
    const { id } = await app.db.instance.findFirstOrThrow()
    await inState(app, id, 'RUNNING')
    const others = await app.db.activity.count()
    // As many as one browser sends in a good part of a minute.
    const refused = 3_000
    for (let index = 0; index < refused; index++)
      await app.services.instances.resume(participant('ann of alpha', ann), id).catch(() => undefined)
    const ofAnn = () => app.db.activity.findMany({ where: { identityId: `link:${ann}` } })
    await expect
      .poll(async () => (await ofAnn()).reduce((sum, { count }) => sum + count, 0), { timeout: 10_000 })
      .toBe(refused)
    // One for each minute that it took.
    expect((await ofAnn()).length).toBeLessThan(10)
    expect((await ofAnn())[0]).toMatchObject({ actorKind: 'participant', action: 'resume', outcome: 'refused' })
    expect(await app.db.activity.count()).toBe(others + (await ofAnn()).length)
  })

  test('on several things are one entry that says so, and is pushed with its count', async () => {
    await running(app, 'ann')
    await running(app, 'bob')
    const frames = await app.subscribe<{
      activityChanged: { kind: string; activity: { count: number; label: string } }
    }>('subscription { activityChanged { kind activity { count label } } }')
    for (const username of ['ann', 'bob', 'ann'])
      expect((await refusedCreate(app, { group: 'alpha', username })).code).toBe('CONFLICT')
    const all = await frames.until(({ activityChanged }) => activityChanged.kind === 'UPDATED')
    const { activity } = all.at(-1)!.activityChanged
    expect(activity.label).toBe('alpha/ann and others')
    expect(activity.count).toBeGreaterThan(1)
  })

  test('however many, displace no entry of an organizer or of THON', async () => {
    const row = { actor: 'x', action: 'x', kind: 'engine', label: 'x', outcome: 'refused' } as const
    await app.db.activity.createMany({
      data: [
        { ...row, action: 'first', actorKind: 'organizer' },
        { ...row, action: 'first', actorKind: 'thon' },
      ],
    })
    for (let at = 0; at < 12; at++)
      await app.db.activity.createMany({
        data: Array.from({ length: 2_000 }, (_, index) => ({
          ...row,
          actorKind: 'participant' as const,
          // One of them writes half of all.
          identityId: index % 2 ? 'loud' : `quiet ${at} ${index}`,
        })),
      })
    await app.services.activity.prune()
    expect(await app.db.activity.count({ where: { action: 'first' } })).toBe(2)
    expect(await app.db.activity.count({ where: { identityId: 'loud' } })).toBeLessThanOrEqual(500)
    expect(await app.db.activity.count({ where: { actorKind: 'participant' } })).toBe(10_000)
  })
})
