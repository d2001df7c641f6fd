import { expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup, addUser, group, groups, renameUser, startUser, TRANSFER, userOf } from '../kit/groups.ts'
import { command, get, inState, running } from '../kit/instances.ts'

/** Starts a user's sandbox and waits for it. */
async function started(app: TestApp, id: string) {
  return inState(app, (await startUser(app, id)).instance?.id as string, 'RUNNING')
}

const DELETE_GROUP =
  'mutation ($id: ID!, $all: Boolean) { deleteGroup(input: { id: $id, deleteWorkspaces: $all }) { id name } }'
const DELETE_USER =
  'mutation ($id: ID!, $all: Boolean) { deleteUser(input: { id: $id, deleteWorkspaces: $all }) { id } }'
const DELETE_WORKSPACE =
  'mutation ($volume: String!, $confirm: String!) { deleteWorkspace(input: { volume: $volume, confirm: $confirm }) }'

test('users keep their files when they or their group are renamed', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const ann = userOf(alpha, 'ann')
  const first = await started(app, ann.id)
  app.engine.writeFile(first.ref as string, 'mine', 'ann’s')
  expect((await renameUser(app, ann.id, 'anna')).volume).toBe(ann.volume)
  await app.execute('mutation ($id: ID!) { updateGroup(input: { id: $id, name: "omega" }) { id } }', { id: alpha.id })
  const renamed = await get(app, first.id)
  expect(renamed).toMatchObject({ groupName: 'omega', username: 'anna', state: 'RUNNING', volume: ann.volume })
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const second = await started(app, ann.id)
  expect(app.engine.readFile(second.ref as string, 'mine')).toBe('ann’s')
})

test('a new user with the former name of another gets another volume', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const old = userOf(alpha, 'ann')
  await renameUser(app, old.id, 'anna')
  const fresh = await addUser(app, alpha.id, 'ann')
  expect(fresh.volume).not.toBe(old.volume)
  expect((await running(app, 'ann')).volume).toBe(fresh.volume)
  expect((await running(app, 'anna')).volume).toBe(old.volume)
})

test('after a rename the one-instance rule holds for the new name only', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  await started(app, userOf(alpha, 'ann').id)
  await renameUser(app, userOf(alpha, 'ann').id, 'anna')
  const refusal = await app.refused('mutation { createInstance(input: { group: "alpha", username: "anna" }) { id } }')
  expect([refusal.code, refusal.message]).toEqual(['CONFLICT', 'anna already has a running sandbox.'])
  await running(app, 'ann')
})

test('a transfer takes the files along, and is refused while the sandbox is active', async () => {
  const app = await startApp()
  const [alpha, beta] = [await addGroup(app, 'alpha', ['ann']), await addGroup(app, 'beta', ['bob'])]
  const ann = userOf(alpha, 'ann')
  const first = await started(app, ann.id)
  expect(await app.refused(TRANSFER, { id: ann.id, groupId: beta.id })).toMatchObject({
    ...{ code: 'CONFLICT', message: 'The sandbox of alpha/ann is active. Stop it before the transfer.' },
  })
  expect((await group(app, alpha.id)).users).toHaveLength(1)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  const { transferUser } = await app.execute<{ transferUser: object }>(TRANSFER, { id: ann.id, groupId: beta.id })
  expect(transferUser).toMatchObject({ group: { name: 'beta' }, volume: ann.volume, workspacePath: ann.workspacePath })
  expect((await started(app, ann.id)).volume).toBe(ann.volume)
})

test('a transfer is refused when the name is taken or the group does not exist', async () => {
  const app = await startApp()
  const [alpha, beta] = [await addGroup(app, 'alpha', ['ann']), await addGroup(app, 'beta', ['ann'])]
  const { id } = userOf(alpha, 'ann')
  expect(await app.refused(TRANSFER, { id, groupId: beta.id })).toMatchObject({
    code: 'CONFLICT',
    fields: [{ field: 'groupId' }],
  })
  expect((await app.refused(TRANSFER, { id, groupId: 'none' })).code).toBe('NOT_FOUND')
})

test('deleting a group stops its sandboxes first, and keeps the volumes', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  const first = await started(app, userOf(alpha, 'ann').id)
  await app.execute(DELETE_GROUP, { id: alpha.id })
  expect(await groups(app)).toEqual([])
  expect(await get(app, first.id)).toMatchObject({ state: 'TERMINATED', user: null })
  await expect.poll(() => app.engine.sandboxes.size).toBe(0)
  expect([...app.engine.volumes]).toEqual(['thon-workspace-alpha-ann'])
})

test('when a sandbox cannot be stopped, nothing of its group is deleted', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  const [ann, bob] = [await started(app, userOf(alpha, 'ann').id), await started(app, userOf(alpha, 'bob').id)]
  app.engine.leave()
  await app.until<{ engine: { connected: boolean } }>('{ engine { connected } }', {}, (data) => !data.engine.connected)
  for (const all of [false, true])
    expect((await app.refused(DELETE_GROUP, { id: alpha.id, all })).code).toBe('UNAVAILABLE')
  expect((await app.refused(DELETE_USER, { id: userOf(alpha, 'ann').id })).code).toBe('UNAVAILABLE')
  expect((await group(app, alpha.id)).userCount).toBe(2)
  for (const { id } of [ann, bob]) expect((await get(app, id)).state).toBe('RUNNING')
  expect(app.engine.volumes.size).toBe(2)
})

test('while the engine is offline, a group without sandboxes can be deleted', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  app.engine.leave()
  await app.execute(DELETE_GROUP, { id: alpha.id })
  expect(await groups(app)).toEqual([])
})

test('a group is deleted with its workspaces only on request', async () => {
  const app = await startApp()
  const [alpha, beta] = [await addGroup(app, 'alpha', ['ann', 'bob']), await addGroup(app, 'beta', ['cy'])]
  for (const user of [...alpha.users, ...beta.users]) await started(app, user.id)
  await app.execute(DELETE_GROUP, { id: alpha.id, all: true })
  expect([...app.engine.volumes]).toEqual(['thon-workspace-beta-cy'])
})

test('nothing of a group is deleted while another sandbox uses a workspace', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  for (const user of alpha.users) await app.engine.ensureVolume(user.volume)
  await addGroup(app, 'beta', ['visitor'])
  await app.engine.place({
    instanceId: 'lost',
    group: 'beta',
    username: 'visitor',
    volume: userOf(alpha, 'bob').volume,
  })
  await inState(app, 'lost', 'RUNNING')
  expect((await app.refused(DELETE_GROUP, { id: alpha.id, all: true })).code).toBe('CONFLICT')
  expect((await group(app, alpha.id)).userCount).toBe(2)
  expect(app.engine.volumes.size).toBe(2)
})

test('deleting a user stops the sandbox, and deletes the volume only on request', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann', 'bob'])
  const [ann, bob] = [await started(app, userOf(alpha, 'ann').id), await started(app, userOf(alpha, 'bob').id)]
  await app.execute(DELETE_USER, { id: userOf(alpha, 'ann').id })
  expect((await get(app, ann.id)).state).toBe('TERMINATED')
  expect(app.engine.volumes.size).toBe(2)
  await app.execute(DELETE_USER, { id: userOf(alpha, 'bob').id, all: true })
  expect((await get(app, bob.id)).state).toBe('TERMINATED')
  expect([...app.engine.volumes]).toEqual([ann.volume])
  expect((await group(app, alpha.id)).users).toEqual([])
})

test('a workspace is deleted when confirmed by name and not in use', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const { id, volume } = userOf(alpha, 'ann')
  const first = await started(app, id)
  app.engine.writeFile(first.ref as string, 'mine', 'x')
  expect(await app.refused(DELETE_WORKSPACE, { volume, confirm: 'yes' })).toMatchObject({
    code: 'INVALID_INPUT',
    fields: [{ field: 'confirm' }],
  })
  expect(await app.refused(DELETE_WORKSPACE, { volume, confirm: volume })).toMatchObject({
    code: 'CONFLICT',
    message: `The sandbox of alpha/ann uses the workspace ${volume}. Stop the sandbox first.`,
  })
  expect((await app.refused(DELETE_WORKSPACE, { volume: 'other', confirm: 'other' })).code).toBe('NOT_FOUND')
  expect(app.engine.volumes.size).toBe(1)
  await command(app, 'killInstance', first.id)
  await inState(app, first.id, 'TERMINATED')
  expect(await app.execute(DELETE_WORKSPACE, { volume, confirm: volume })).toEqual({ deleteWorkspace: volume })
  expect(app.engine.volumes.size).toBe(0)
  const second = await started(app, id)
  expect(() => app.engine.readFile(second.ref as string, 'mine')).toThrow()
})

test('a workspace can be deleted when its sandbox was stopped by hand', async () => {
  const app = await startApp()
  const first = await running(app)
  await app.engine.exit(first.ref as string, 0)
  await inState(app, first.id, 'TERMINATED')
  await app.execute(DELETE_WORKSPACE, { volume: first.volume, confirm: first.volume })
  expect([app.engine.volumes.size, app.engine.sandboxes.size]).toEqual([0, 0])
})

test('a new user gets the active sandbox that runs under their name', async () => {
  const app = await startApp()
  const first = await running(app, 'ann')
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const ann = userOf(alpha, 'ann')
  expect(ann.volume).toBe(first.volume)
  expect((await group(app, alpha.id)).users[0]?.instance).toEqual({ id: first.id, state: 'RUNNING' })
  expect((await app.refused(TRANSFER, { id: ann.id, groupId: (await addGroup(app, 'beta')).id })).code).toBe('CONFLICT')
  await app.execute(DELETE_GROUP, { id: alpha.id })
  expect((await get(app, first.id)).state).toBe('TERMINATED')
})

test('a workspace that belongs to another server is left alone, and the user gets another one', async () => {
  const app = await startApp()
  const alpha = await addGroup(app, 'alpha', ['ann'])
  const { id, volume } = userOf(alpha, 'ann')
  app.engine.foreignVolumes.add(volume)
  const row = await started(app, id)
  expect(row.volume).toBe(`${volume}--fake`)
  expect(userOf(await group(app, alpha.id), 'ann').volume).toBe(row.volume)
  expect([...app.engine.volumes]).toEqual([row.volume])
})
