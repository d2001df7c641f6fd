import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { addGroup, addUser, userOf } from '../kit/groups.ts'
import { hall, keyAt, rows, setUp, statusOf } from '../kit/gateway.ts'

describe('keys', () => {
  test('are never in lists; revealing one is in the activity log', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann'])
    await setUp(app)
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    expect(JSON.stringify(await rows(app))).not.toContain(key)
    expect(await app.execute('mutation { revealConsumerKey(username: "alpha-ann") { key baseUrl } }')).toEqual({
      revealConsumerKey: { key, baseUrl: 'http://host.docker.internal:9080/v1' },
    })
    const { activity } = await app.execute<{ activity: object[] }>(
      '{ activity(first: 1) { action kind label outcome detail } }',
    )
    expect(activity).toEqual([
      { action: 'reveal key', kind: 'consumer', label: 'alpha-ann', outcome: 'done', detail: null },
    ])
  })

  test('are rotated, made by hand, and refused when they cannot be', async () => {
    const { app, apisix } = await hall()
    await addGroup(app, 'alpha', ['ann'])
    await setUp(app)
    const old = keyAt(apisix, 'alpha-ann')
    await app.execute('mutation { rotateConsumerKey(username: "alpha-ann") { key } }')
    expect(keyAt(apisix, 'alpha-ann')).not.toBe(old)
    expect(await rows(app)).toMatchObject([{ standing: 'CURRENT' }])
    const create = 'mutation ($input: ConsumerInput!) { createConsumer(input: $input) { username key } }'
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
    expect(await app.refused('mutation { rotateConsumerKey(username: "nobody") { key } }')).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('of a user are found by one question, also of those who were renamed or are in a group with one key', async () => {
    const { app, apisix } = await hall()
    const group = await addGroup(app, 'alpha', ['ann', 'bob'])
    await setUp(app)
    const { id } = userOf(group, 'ann')
    const key = keyAt(apisix, 'alpha-ann').replace('Bearer ', '')
    const lists = apisix.server.count('/apisix/admin/consumers')
    expect(await app.services.gateway.myKeys.of(id)).toMatchObject({
      key,
      baseUrl: 'http://host.docker.internal:9080/v1',
    })
    expect(apisix.server.count('/apisix/admin/consumers')).toBe(lists)
    await app.services.users.updateUser(organizer, id, { username: 'anna' })
    expect(await app.services.gateway.myKeys.of(id)).toMatchObject({ username: 'alpha-ann', key })
    // Somebody new has the old name: that is no way to the key.
    const other = await addUser(app, group.id, 'ann')
    expect(await app.services.gateway.myKeys.of(other.id)).toMatch(/has no key/)
    await app.execute('mutation { setGatewaySettings(input: { mode: PER_GROUP }) { mode } }')
    expect(await app.services.gateway.myKeys.of(id)).toMatch(/has no key for this user yet/)
    await setUp(app)
    const ofGroup = keyAt(apisix, 'group-alpha').replace('Bearer ', '')
    expect(await app.services.gateway.myKeys.of(id)).toMatchObject({ username: 'group-alpha', key: ofGroup })
    await apisix.server.down()
    expect(await app.services.gateway.myKeys.of(id)).toMatch(/^the AI gateway cannot be asked/)
  })

  test('are told to participants one at a time: their own, or their group’s, and nobody else’s', async () => {
    const { app, apisix } = await hall()
    const [alpha, beta] = [await addGroup(app, 'alpha', ['ann', 'bob']), await addGroup(app, 'beta', ['cy'])]
    await setUp(app)
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
    await app.execute('mutation { setGatewaySettings(input: { mode: PER_GROUP }) { mode } }')
    await setUp(app)
    const key = keyAt(apisix, 'group-alpha').replace('Bearer ', '')
    expect(await gateway.myKeys.reveal(viewer, ann)).toMatchObject({ username: 'group-alpha', key })
    await apisix.server.down()
    const refusal: unknown = await gateway.myKeys.reveal(viewer, ann).catch((error: unknown) => String(error))
    expect(refusal).toMatch(/cannot be asked, since it does not answer/)
    expect(refusal).not.toContain(apisix.server.url)
  })

  test('that running sandboxes do not have are told, until the sandboxes are given them', async () => {
    const { app, apisix } = await hall()
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
    const give = (ids: unknown) =>
      app.execute('mutation ($ids: [ID!]!) { updateSandboxFiles(ids: $ids) { error { message } } }', { ids })
    // They started before there were any keys.
    expect(await outdated()).toEqual([])
    await setUp(app)
    expect(await outdated()).toEqual([idOf('ann'), idOf('bob')].sort())
    await give(await outdated())
    await expect.poll(outdated, { timeout: 5_000 }).toEqual([])
    await app.execute('mutation { rotateConsumerKey(username: "alpha-ann") { key } }')
    expect(await outdated()).toEqual([idOf('ann')])
    expect(JSON.stringify(await app.db.issuedKey.findMany())).not.toContain(keyAt(apisix, 'alpha-bob').slice(7))
    await app.execute('mutation { setGatewaySettings(input: { mode: PER_GROUP }) { mode } }')
    await setUp(app)
    expect(await outdated()).toEqual([idOf('ann'), idOf('bob')].sort())
    await give(await outdated())
    await expect.poll(outdated, { timeout: 5_000 }).toEqual([])
  })
})
