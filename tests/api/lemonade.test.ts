import { describe, expect, test } from 'vitest'
import { startApp, type Frames, type TestApp } from '../kit/app.ts'
import { LemonadeStandIn, recorded } from '../kit/lemonade.ts'

const TROUBLE = 'asOf trouble { kind message since }'
const STATUS = `endpoint openaiUrl hasApiKey hasAdminKey online ${TROUBLE} version model contextSize users webSocketPort
  loaded { name checkpoint recipe type state busy alive pinned contextSize maxContext slots }
  loads { model state by message }`

interface Trouble {
  kind: string
  message: string
  since: string
}

interface Status {
  online: boolean | null
  asOf: string | null
  trouble: Trouble | null
  model: string | null
  users: number | null
  loads: { model: string; state: string; by: string; message: string | null }[]
}

async function hall(environment: Record<string, string> = {}, key?: string) {
  const lemonade = await LemonadeStandIn.start(key)
  return { lemonade, app: await startApp({ ...lemonade.environment, ...environment }) }
}

async function ask<T>(app: TestApp, field: string, fields: string): Promise<T> {
  return (await app.execute<Record<string, T>>(`{ ${field} { ${fields} } }`))[field] as T
}

/** The first frame that satisfies. */
async function frameWith<T>(frames: Frames<Record<string, T>>, satisfies: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = Object.values(await frames.next())[0] as T
    if (satisfies(value)) return value
  }
}

describe('what is known of it', () => {
  test('its status: addresses, version, the model with context and people at once', async () => {
    const { app, lemonade } = await hall({ LEMONADE_API_KEY: 'k' })
    expect(await ask(app, 'lemonadeStatus', STATUS)).toEqual({
      ...{ endpoint: lemonade.server.url, openaiUrl: `${lemonade.server.url}/v1`, hasApiKey: true, hasAdminKey: false },
      ...{ online: true, asOf: expect.any(String) as string, trouble: null, version: '2026.39.1-2', model: 'Tiny' },
      ...{ contextSize: 2048, users: 1, webSocketPort: 9000, loads: [] },
      loaded: [
        {
          ...{ name: 'Tiny', checkpoint: 'tinyorg/tiny-GGUF:Q4_K_M', recipe: 'llamacpp', type: 'llm', state: 'ready' },
          ...{ busy: false, alive: true, pinned: false, contextSize: 2048, maxContext: 8192, slots: 1 },
        },
      ],
    })
  })

  test('nothing that names a path of its machine’s programs', async () => {
    const { app } = await hall()
    expect(JSON.stringify(await ask(app, 'lemonadeStatus', STATUS))).not.toMatch(/\/srv\/|launch/)
  })

  test('figures of the last request, and none before the first', async () => {
    const { app, lemonade } = await hall()
    const fields = 'timeToFirstToken tokensPerSecond inputTokens outputTokens requestsTotal memoryGib gpuPercent'
    expect(await ask(app, 'lemonadeStats', fields)).toEqual({
      ...{ timeToFirstToken: 0.082136, tokensPerSecond: 43.362912095493016, inputTokens: 30, outputTokens: 12 },
      ...{ requestsTotal: 1, memoryGib: 0.9, gpuPercent: null },
    })
    lemonade.plays({ '/v1/stats': 'stats-fresh' })
    const fresh = await startApp(lemonade.environment)
    expect(await ask(fresh, 'lemonadeStats', fields)).toMatchObject({ timeToFirstToken: null, requestsTotal: 0 })
  })

  test('slots, and none where nothing is loaded, which is no trouble', async () => {
    const { app, lemonade } = await hall()
    const fields = `${TROUBLE} slots { id processing contextSize promptTokens decodedTokens }`
    expect(await ask(app, 'lemonadeSlots', fields)).toMatchObject({
      slots: [
        { id: 0, processing: false, contextSize: 2048, promptTokens: null, decodedTokens: null },
        { id: 1, processing: false },
      ],
    })
    lemonade.plays({ '/v1/slots': 'slots-busy' })
    const busy = await startApp(lemonade.environment)
    expect(await ask(busy, 'lemonadeSlots', fields)).toMatchObject({ slots: [{ processing: true, promptTokens: 208 }] })
    lemonade.plays({ '/v1/slots': 'slots-no-model' })
    const empty = await startApp(lemonade.environment)
    expect(await ask(empty, 'lemonadeSlots', fields)).toMatchObject({ slots: [], trouble: null })
  })

  test('its machine, with what is missing and why', async () => {
    const { app } = await hall()
    const fields = 'os memory devices { kind name available detail } storage { freeBytes totalBytes }'
    expect(await ask(app, 'lemonadeSystem', fields)).toEqual({
      ...{ os: 'Linux-6.18.44-fc-v669 (Debian GNU/Linux)', memory: '23.54 GB' },
      devices: [
        { kind: 'CPU', name: 'Intel(R) Xeon(R) Processor', available: true, detail: '2 cores, 2 threads, x86_64' },
        { kind: 'NVIDIA_GPU', name: '', available: false, detail: 'No NVIDIA discrete GPU found' },
        { kind: 'NPU', name: '', available: false, detail: 'No NPU device found' },
      ],
      storage: { freeBytes: 71667605504, totalBytes: 270553174016 },
    })
  })
})

describe('bad luck', () => {
  const cases: [string, (lemonade: LemonadeStandIn) => unknown, string, RegExp][] = [
    ['is not there', ({ server }) => server.down(), 'OFFLINE', /^Cannot reach Lemonade at .*: nothing listens there$/],
    ['does not answer', ({ replies }) => replies.set('/v1/health', null), 'SLOW', /no answer within 3 seconds$/],
    [
      'answers with its web page',
      (lemonade) => lemonade.plays({ '/v1/health': 'prefix-health' }),
      'FAULTY',
      /^Lemonade returned an unreadable answer: text\/html/,
    ],
    [
      'fails',
      ({ replies }) => replies.set('/v1/health', { status: 500, body: { error: 'boom' } }),
      'FAULTY',
      /^Lemonade returned 500: \{"error":"boom"\}$/,
    ],
    [
      'answers without end',
      ({ replies }) => replies.set('/v1/health', { body: 'x'.repeat(9 * 1024 * 1024) }),
      'FAULTY|OFFLINE',
      /larger than 8388608 bytes$/,
    ],
  ]
  test.each(cases)('a Lemonade that %s is said to', async (_name, break_, kind, message) => {
    const { app, lemonade } = await hall()
    await break_(lemonade)
    const { trouble, asOf } = await ask<Status>(app, 'lemonadeStatus', STATUS)
    expect(trouble?.kind).toMatch(new RegExp(`^(${kind})$`))
    expect(trouble?.message).toMatch(message)
    expect(asOf).toBeNull()
  })

  test('a wrong key is told from a server that is away, and no key is told', async () => {
    const { app } = await hall({ LEMONADE_API_KEY: 'wrong-key-1' }, 'right-key')
    const status = await ask<Status>(app, 'lemonadeStatus', STATUS)
    expect(status).toMatchObject({ online: true, trouble: { kind: 'UNAUTHORIZED' } })
    expect(JSON.stringify(status)).not.toMatch(/wrong-key-1|right-key/)
  })

  test('while it is away everybody who watches keeps what was known, and sees it come back', async () => {
    const { app, lemonade } = await hall()
    const frames = await app.subscribe<{ lemonadeStatusChanged: Status }>(
      `subscription { lemonadeStatusChanged { ${STATUS} } }`,
    )
    await lemonade.server.down()
    const away = await frameWith<Status>(frames, ({ trouble }) => trouble !== null)
    expect(away).toMatchObject({ online: false, model: 'Tiny', trouble: { kind: 'OFFLINE' } })
    expect(Date.parse(away.asOf ?? '')).toBeLessThanOrEqual(Date.parse(away.trouble?.since ?? ''))
    await lemonade.server.up()
    expect(await frameWith<Status>(frames, ({ trouble }) => trouble === null)).toMatchObject({ online: true })
  })

  test('one source in trouble leaves the others working', async () => {
    const { app, lemonade } = await hall()
    lemonade.replies.set('/v1/slots', null)
    const [slots, status] = await Promise.all([
      ask<{ trouble: Trouble }>(app, 'lemonadeSlots', TROUBLE),
      ask<Status>(app, 'lemonadeStatus', STATUS),
    ])
    expect(slots.trouble.kind).toBe('SLOW')
    expect(status.trouble).toBeNull()
  })
})

test('a hundred who watch cost one question an interval, and nobody costs none', async () => {
  const { app, lemonade } = await hall()
  const socket = app.socket()
  const query = 'subscription { lemonadeSlotsChanged { slots { id processing } } }'
  expect(lemonade.server.taken).toEqual([])
  await Promise.all(Array.from({ length: 100 }, () => app.subscribe(query, {}, socket)))
  expect(lemonade.server.count('/v1/slots')).toBeLessThanOrEqual(3)
  await socket.dispose()
  await expect.poll(() => app.services.lemonade.sources({ role: 'organiser' } as never).slots.watchers).toBe(0)
  const before = lemonade.server.taken.length
  await ask(app, 'lemonadeStatus', STATUS)
  expect(lemonade.server.taken.slice(before).map(({ path }) => path)).not.toContain('/v1/slots')
})

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
      loadModel: { model: 'Tiny', state: 'LOADING', by: 'organiser' },
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
    const activity = '{ activity { action kind label outcome detail } }'
    expect(await app.execute(activity)).toMatchObject({
      activity: [{ action: 'load', kind: 'model', label: 'Tiny', outcome: 'failed' }],
    })
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
