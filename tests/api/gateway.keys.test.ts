import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { addGroup, addUser, userOf } from '../kit/groups.ts'
import { applyConfig, consumersOf, keyAt, startGatewayApp, statusOf, updateSettings } from '../kit/gateway.ts'

describe('keys', () => {
  test('are never in lists, and revealing one is in the activity log', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann'])
    await applyConfig(app)
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    expect(JSON.stringify(await consumersOf(app))).not.toContain(key)
    expect(
      await app.execute('mutation { revealConsumerKey(input: { username: "alpha-ann" }) { key baseUrl } }'),
    ).toEqual({
      revealConsumerKey: { key, baseUrl: 'http://host.docker.internal:9080/v1' },
    })
    const { activity } = await app.execute<{ activity: { items: object[] } }>(
      '{ activity(page: { size: 1 }) { items { action kind label detail } } }',
    )
    expect(activity.items).toEqual([{ action: 'reveal key', kind: 'CONSUMER', label: 'alpha-ann', detail: null }])
  })

  test('are rotated and created by hand; invalid ones are refused', async () => {
    const { app, apisix } = await startGatewayApp()
    await addGroup(app, 'alpha', ['ann'])
    await applyConfig(app)
    const old = keyAt(apisix, 'alpha-ann')
    await app.execute('mutation { rotateConsumerKey(input: { username: "alpha-ann" }) { key } }')
    expect(keyAt(apisix, 'alpha-ann')).not.toBe(old)
    expect(await consumersOf(app)).toMatchObject([{ status: 'CURRENT' }])
    const create = 'mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { username key } }'
    await app.execute(create, { input: { username: 'guest', key: 'my-key', tokenLimit: 5 } })
    expect(keyAt(apisix, 'guest')).toBe('Bearer my-key')
    expect(await app.refused(create, { input: { username: 'guest' } })).toMatchObject({ code: 'CONFLICT' })
    for (const [input, field] of [
      [{ username: 'a b' }, 'username'],
      [{ username: 'ok', tokenLimit: 0 }, 'tokenLimit'],
      [{ username: 'ok', key: 'with space' }, 'key'],
      [{ username: 'ok', key: 'my-key' }, 'key'],
    ] as const)
      expect((await app.refused(create, { input })).fields?.map((one) => one.field)).toEqual([field])
    expect(await app.refused('mutation { rotateConsumerKey(input: { username: "nobody" }) { key } }')).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('of a user are found with one request, also after a rename or per group', async () => {
    const { app, apisix } = await startGatewayApp()
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await applyConfig(app)
    const { id } = userOf(group, 'ann')
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    const lists = apisix.server.count('/apisix/admin/consumers')
    expect(await app.services.gateway.myKeys.find(id)).toMatchObject({
      key,
      baseUrl: 'http://host.docker.internal:9080/v1',
    })
    expect(apisix.server.count('/apisix/admin/consumers')).toBe(lists)
    await app.services.users.updateUser(organizer, id, { username: 'anna' })
    expect(await app.services.gateway.myKeys.find(id)).toMatchObject({ username: 'alpha-ann', key })
    // A new user with the old name must not get the key.
    const other = await addUser(app, group.id, 'ann')
    expect(await app.services.gateway.myKeys.find(other.id)).toMatch(/does not have a key/)
    await updateSettings(app, { mode: 'PER_GROUP' })
    expect(await app.services.gateway.myKeys.find(id)).toMatch(/does not have a key for this user yet/)
    await applyConfig(app)
    const ofGroup = keyAt(apisix, 'group-alpha').replace('Bearer ', '')
    expect(await app.services.gateway.myKeys.find(id)).toMatchObject({ username: 'group-alpha', key: ofGroup })
    await apisix.server.down()
    expect(await app.services.gateway.myKeys.find(id)).toBe('the AI gateway does not answer')
  })

  test('participants can reveal their own key or their group’s, and no other', async () => {
    const { app, apisix } = await startGatewayApp()
    const [alpha, beta] = [await addGroup(app, 'alpha', ['ann', 'bob']), await addGroup(app, 'beta', ['cy'])]
    await applyConfig(app)
    const ann = userOf(alpha, 'ann').id
    const viewer = {
      ...{ name: 'ann', role: 'participant' as const, audienceKey: ann, userIds: new Set([ann]) },
      ...{ identityId: null, email: null },
    }
    const { gateway } = app.services
    expect(await gateway.myKeys.reveal(viewer, ann)).toMatchObject({ username: 'alpha-ann' })
    for (const other of [userOf(alpha, 'bob').id, userOf(beta, 'cy').id, 'nobody'])
      await expect(gateway.myKeys.reveal(viewer, other)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    for (const act of [
      () => gateway.consumers.reveal(viewer, 'alpha-ann'),
      () => gateway.consumers.rotateKey(viewer, 'alpha-ann'),
      () => gateway.consumers.page(viewer, {}),
      () => gateway.consumers.listWithKeys(viewer),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await updateSettings(app, { mode: 'PER_GROUP' })
    await applyConfig(app)
    const key = keyAt(apisix, 'group-alpha').replace('Bearer ', '')
    expect(await gateway.myKeys.reveal(viewer, ann)).toMatchObject({ username: 'group-alpha', key })
    await apisix.server.down()
    await expect(gateway.myKeys.reveal(viewer, ann)).rejects.toThrow(
      'AI keys are unavailable right now. Try again in a moment.',
    )
  })

  test('running sandboxes without the current key are listed until they get it', async () => {
    const { app, apisix } = await startGatewayApp()
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await app.services.configFiles.update(organizer, 'config_kilo_json', { content: '{ "apiKey": "PLACEHOLDER" }' })
    const start = 'mutation ($id: ID!) { startGroup(input: { id: $id }) { instance { id } } }'
    await app.execute(start, { id: group.id })
    type Ids = { instances: { items: { id: string; username: string; state: string }[] } }
    const { instances } = await app.until<Ids>('{ instances { items { id username state } } }', {}, ({ instances }) =>
      instances.items.every(({ state }) => state === 'RUNNING'),
    )
    const idOf = (name: string) => instances.items.find(({ username }) => username === name)?.id
    const outdated = async () => (await statusOf(app)).outdatedInstances
    const sendKeys = (ids: unknown) =>
      app.execute('mutation ($ids: [ID!]!) { updateInstanceFiles(input: { ids: $ids }) { error { message } } }', {
        ids,
      })
    // They started before any keys existed.
    expect(await outdated()).toEqual([])
    await applyConfig(app)
    expect(await outdated()).toEqual([idOf('ann'), idOf('bob')].sort())
    await sendKeys(await outdated())
    await expect.poll(outdated, { timeout: 5_000 }).toEqual([])
    await app.execute('mutation { rotateConsumerKey(input: { username: "alpha-ann" }) { key } }')
    expect(await outdated()).toEqual([idOf('ann')])
    expect(JSON.stringify(await app.db.issuedKey.findMany())).not.toContain(keyAt(apisix, 'alpha-bob').slice(7))
    await updateSettings(app, { mode: 'PER_GROUP' })
    await applyConfig(app)
    expect(await outdated()).toEqual([idOf('ann'), idOf('bob')].sort())
    await sendKeys(await outdated())
    await expect.poll(outdated, { timeout: 5_000 }).toEqual([])
  })
})
