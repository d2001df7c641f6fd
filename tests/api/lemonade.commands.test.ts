import { describe, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ask, frameWith, hall, STATUS, type Status } from '../kit/lemonade-hall.ts'
import { recorded } from '../kit/lemonade.ts'

describe('commands', () => {
  const LOAD = `mutation ($input: LoadModelInput!) { loadModel(input: $input) { model state by } }`

  test('a load is told to everybody while it goes on, and gone when it is done', async () => {
    const { app, lemonade } = await hall()
    const done = Promise.withResolvers<void>()
    const { answer } = lemonade.server
    lemonade.server.answer = async (taken) => {
      if (taken.path === '/v1/load') await done.promise
      return answer(taken)
    }
    lemonade.plays({ '/v1/load': 'load-ok' })
    const frames = await app.subscribe<{ lemonadeStatusChanged: Status }>(
      `subscription { lemonadeStatusChanged { ${STATUS} } }`,
    )
    const input = { model: 'Tiny', contextSize: 4096, parallel: 4, llamacppArgs: '--flash-attn --parallel 2' }
    expect(await app.execute(LOAD, { input })).toEqual({
      loadModel: { model: 'Tiny', state: 'LOADING', by: 'organizer' },
    })
    await frameWith<Status>(frames, ({ loads }) => loads.length === 1)
    done.resolve()
    await frameWith<Status>(frames, ({ loads }) => loads.length === 0)
    expect(lemonade.server.taken.find(({ path }) => path === '/v1/load')?.body).toEqual({
      ...{ model_name: 'Tiny', ctx_size: 4096, llamacpp_args: '--flash-attn -np 4' },
    })
  })

  test.each([
    ['load-unknown', /^Model 'No-Such-Model' was not found/],
    ['load-bad-args', /^Failed to load model 'Tiny': llama-server failed to start$/],
    ['load-blocked-by-pin', /pinned/],
  ])('a load that fails (%s) stays with its reason until it is dismissed', async (recording, reason) => {
    const { app, lemonade } = await hall()
    lemonade.plays({ '/v1/load': recording })
    await app.execute(LOAD, { input: { model: 'Tiny' } })
    const query = `{ lemonadeStatus { loads { model state message } } }`
    const told = (data: { lemonadeStatus: Status }) => data.lemonadeStatus.loads[0]?.state === 'FAILED'
    const { lemonadeStatus } = await app.until<{ lemonadeStatus: Status }>(query, {}, told)
    expect(lemonadeStatus.loads).toEqual([
      { model: 'Tiny', state: 'FAILED', message: expect.stringMatching(reason) as string },
    ])
    expect(await app.execute('mutation { dismissLoad(model: "Tiny") }')).toEqual({ dismissLoad: true })
    expect(await app.execute<{ lemonadeStatus: Status }>(query)).toMatchObject({ lemonadeStatus: { loads: [] } })
    const activity = '{ activity { items { action kind label outcome detail } } }'
    expect(await app.execute(activity)).toMatchObject({
      activity: { items: [{ action: 'load', kind: 'MODEL', label: 'Tiny', outcome: 'FAILED' }] },
    })
  })

  test('a load that THON’s end cut off is told as lost, until the model is in memory or somebody dismisses it', async () => {
    const { app, lemonade } = await hall()
    lemonade.plays({ '/v1/health': 'health-empty' })
    lemonade.replies.set('/v1/load', null)
    for (const model of ['user.Tiny', 'Other']) await app.execute(LOAD, { input: { model } })
    await expect.poll(() => app.db.modelLoad.count()).toBe(2)
    await app.close()

    const again = await startApp(lemonade.environment, { dir: app.dir })
    const query = '{ lemonadeStatus { loads { model state by message } } }'
    const lost = (model: string) => ({ model, state: 'LOST', by: 'organizer', message: null })
    expect(await again.execute(query)).toEqual({ lemonadeStatus: { loads: [lost('user.Tiny'), lost('Other')] } })
    lemonade.plays({ '/v1/health': 'health-loaded' })
    await again.until<{ lemonadeStatus: Status }>(query, {}, ({ lemonadeStatus }) => lemonadeStatus.loads.length === 1)
    expect(await again.execute('mutation { dismissLoad(model: "Other") }')).toEqual({ dismissLoad: true })
    await expect.poll(() => again.db.modelLoad.count()).toBe(0)
  })

  test('pulling begins a download of Lemonade’s own, which is followed', async () => {
    const { app, lemonade } = await hall()
    lemonade.plays({ '/v1/pull': 'pull-background-start', '/v1/downloads': 'downloads-running' })
    const input = { model: 'user.Tiny-Q8', checkpoint: 'tinyorg/tiny-GGUF:Q8_0', recipe: 'llamacpp' }
    const pull = 'mutation ($input: PullModelInput!) { pullModel(input: $input) { id model state } }'
    expect(await app.execute(pull, { input })).toEqual({
      pullModel: { id: 'model:user.Tiny-Q8', model: 'Tiny-Q8', state: 'DOWNLOADING' },
    })
    expect(lemonade.server.taken.at(-1)?.body).toEqual({
      ...{ model_name: 'user.Tiny-Q8', checkpoint: 'tinyorg/tiny-GGUF:Q8_0', recipe: 'llamacpp' },
      ...{ stream: true, subscribe: false },
    })
    const { pulls } = await ask<{ pulls: object[] }>(
      app,
      'lemonadePulls',
      'pulls { state percent bytesDone bytesTotal file }',
    )
    expect(pulls).toEqual([
      {
        ...{ state: 'DOWNLOADING', bytesDone: 9437184, bytesTotal: 25531520, file: 'tiny-Q8_0.gguf' },
        percent: (9437184 * 100) / 25531520,
      },
    ])
    lemonade.replies.set('/v1/downloads/control', recorded('downloads-paused'))
    await app.execute('mutation { cancelPull(id: "model:user.Tiny-Q8") }')
    expect(lemonade.server.taken.at(-1)).toMatchObject({ body: { id: 'model:user.Tiny-Q8', action: 'cancel' } })
  })

  test.each([
    [
      'pullModel(input: { model: "No-Such" }) { id }',
      '/v1/pull',
      'pull-unknown',
      /^Lemonade refused: When registering/,
    ],
    ['unloadModel(model: "Tiny")', '/v1/unload', 'unload-not-loaded', /^Lemonade refused: Model not loaded: Tiny$/],
    ['deleteModel(model: "No")', '/v1/delete', 'delete-unknown', /^Lemonade refused: Model not found/],
  ])('%s is refused with what Lemonade says', async (mutation, path, recording, message) => {
    const { app, lemonade } = await hall()
    lemonade.plays({ [path]: recording })
    expect(await app.refused(`mutation { ${mutation} }`)).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringMatching(message) as string,
    })
  })

  test.each([
    ['loadModel(input: { model: " " }) { model }', 'model'],
    ['loadModel(input: { model: "a", contextSize: 0 }) { model }', 'contextSize'],
    ['loadModel(input: { model: "a", parallel: 257 }) { model }', 'parallel'],
    ['pullModel(input: { model: "a", checkpoint: "o/r:v", recipe: "llamacpp" }) { id }', 'model'],
    ['pullModel(input: { model: "user.a", checkpoint: "o/r:v" }) { id }', 'recipe'],
    ['pullModel(input: { model: "user.a", checkpoint: "nothing", recipe: "x" }) { id }', 'checkpoint'],
    ['unloadModel(model: "")', 'model'],
    ['deleteModel(model: "a\\u0000b")', 'model'],
  ])('%s is refused, and nothing is sent', async (mutation, field) => {
    const { app, lemonade } = await hall()
    const { code, fields } = await app.refused(`mutation { ${mutation} }`)
    expect([code, fields?.map((one) => one.field)]).toEqual(['INVALID_INPUT', [field]])
    expect(lemonade.server.taken).toEqual([])
  })

  test('a download through REST that fails after it began is a failure', async () => {
    const { app, lemonade } = await hall()
    const pull = async () => {
      const body = JSON.stringify({ model_name: 'user.Tiny-Q8', stream: true })
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(`${app.url}/api/lemonade/pull`, { method: 'POST', body, headers })
      return [answer.status, await answer.json()]
    }
    lemonade.plays({ '/v1/pull': 'pull-stream-ok' })
    expect(await pull()).toEqual([200, { status: 'success' }])
    lemonade.plays({ '/v1/pull': 'pull-stream-download-error' })
    expect(await pull()).toEqual([502, { detail: expect.stringMatching(/^Lemonade returned 500: /) as string }])
  })
})
