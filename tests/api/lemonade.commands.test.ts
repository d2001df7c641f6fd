import { describe, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ask, frameWith, startWithLemonade, STATUS, type Status } from '../kit/lemonade-app.ts'
import { recorded } from '../kit/lemonade.ts'

describe('commands', () => {
  const LOAD = `mutation ($input: LoadModelInput!) { loadModel(input: $input) { model state by } }`

  test('a load is in the list until it is done', async () => {
    const { app, lemonade } = await startWithLemonade()
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
    expect(lemonade.server.requests.find(({ path }) => path === '/v1/load')?.body).toEqual({
      ...{ model_name: 'Tiny', ctx_size: 4096, llamacpp_args: '--flash-attn -np 4' },
    })
  })

  test.each([
    ['load-unknown', /^Model 'No-Such-Model' was not found/],
    ['load-bad-args', /^Failed to load model 'Tiny': llama-server failed to start$/],
    ['load-blocked-by-pin', /pinned/],
  ])('a load that fails (%s) stays with its reason until it is deleted', async (recording, reason) => {
    const { app, lemonade } = await startWithLemonade()
    lemonade.plays({ '/v1/load': recording })
    await app.execute(LOAD, { input: { model: 'Tiny' } })
    const query = `{ lemonadeStatus { loads { model state message } } }`
    const hasFailed = (data: { lemonadeStatus: Status }) => data.lemonadeStatus.loads[0]?.state === 'FAILED'
    const { lemonadeStatus } = await app.until<{ lemonadeStatus: Status }>(query, {}, hasFailed)
    expect(lemonadeStatus.loads).toEqual([
      { model: 'Tiny', state: 'FAILED', message: expect.stringMatching(reason) as string },
    ])
    expect(await app.execute('mutation { deleteModelLoad(input: { model: "Tiny" }) }')).toEqual({
      deleteModelLoad: true,
    })
    expect(await app.execute<{ lemonadeStatus: Status }>(query)).toMatchObject({ lemonadeStatus: { loads: [] } })
    expect(await app.db.activity.findMany()).toMatchObject([
      { action: 'load', kind: 'model', label: 'Tiny', outcome: 'failed' },
    ])
  })

  test('a load that a restart cut off is lost until the model is in memory or it is deleted', async () => {
    const { app, lemonade } = await startWithLemonade()
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
    expect(await again.execute('mutation { deleteModelLoad(input: { model: "Other" }) }')).toEqual({
      deleteModelLoad: true,
    })
    await expect.poll(() => again.db.modelLoad.count()).toBe(0)
  })

  test('a pull starts a download in Lemonade, which THON follows', async () => {
    const { app, lemonade } = await startWithLemonade()
    lemonade.plays({ '/v1/pull': 'pull-background-start', '/v1/downloads': 'downloads-running' })
    const input = { model: 'user.Tiny-Q8', checkpoint: 'tinyorg/tiny-GGUF:Q8_0', recipe: 'llamacpp' }
    const pull = 'mutation ($input: PullModelInput!) { pullModel(input: $input) { id model state } }'
    expect(await app.execute(pull, { input })).toEqual({
      pullModel: { id: 'model:user.Tiny-Q8', model: 'Tiny-Q8', state: 'DOWNLOADING' },
    })
    expect(lemonade.server.requests.at(-1)?.body).toEqual({
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
    await app.execute('mutation { cancelPull(input: { id: "model:user.Tiny-Q8" }) }')
    expect(lemonade.server.requests.at(-1)).toMatchObject({ body: { id: 'model:user.Tiny-Q8', action: 'cancel' } })
  })

  test.each([
    [
      'pullModel(input: { model: "No-Such" }) { id }',
      '/v1/pull',
      'pull-unknown',
      /^Lemonade refused: When registering/,
    ],
    [
      'unloadModel(input: { model: "Tiny" })',
      '/v1/unload',
      'unload-not-loaded',
      /^Lemonade refused: Model not loaded: Tiny$/,
    ],
    ['deleteModel(input: { model: "No" })', '/v1/delete', 'delete-unknown', /^Lemonade refused: Model not found/],
  ])('%s is refused with Lemonade’s own message', async (mutation, path, recording, message) => {
    const { app, lemonade } = await startWithLemonade()
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
    ['unloadModel(input: { model: "" })', 'model'],
    ['deleteModel(input: { model: "a\\u0000b" })', 'model'],
  ])('%s is invalid input, and nothing is sent', async (mutation, field) => {
    const { app, lemonade } = await startWithLemonade()
    const { code, fields } = await app.refused(`mutation { ${mutation} }`)
    expect([code, fields?.map((one) => one.field)]).toEqual(['INVALID_INPUT', [field]])
    expect(lemonade.server.requests).toEqual([])
  })

  test('a REST download that fails halfway answers 502', async () => {
    const { app, lemonade } = await startWithLemonade()
    const pull = async () => {
      const body = JSON.stringify({ model_name: 'user.Tiny-Q8', stream: true })
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(`${app.url}/api/lemonade/pull`, { method: 'POST', body, headers })
      return [answer.status, (await answer.json()) as unknown]
    }
    lemonade.plays({ '/v1/pull': 'pull-stream-ok' })
    expect(await pull()).toEqual([200, { status: 'success' }])
    lemonade.plays({ '/v1/pull': 'pull-stream-download-error' })
    expect(await pull()).toEqual([502, { detail: expect.stringMatching(/^Lemonade returned 500: /) as string }])
  })
})
