import { describe, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ask, frameWith, hall, STATUS, TROUBLE, type Status } from '../kit/lemonade-hall.ts'
import type { LemonadeStandIn } from '../kit/lemonade.ts'

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
    const fields = `${TROUBLE} slots { id processing contextSize tokens inputTokens cachedTokens outputTokens }`
    expect(await ask(app, 'lemonadeSlots', fields)).toMatchObject({
      slots: [
        { id: 0, processing: false, contextSize: 2048, tokens: null, outputTokens: null },
        { id: 1, processing: false },
      ],
    })
    lemonade.plays({ '/v1/slots': 'slots-busy' })
    const busy = await startApp(lemonade.environment)
    expect(await ask(busy, 'lemonadeSlots', fields)).toMatchObject({
      slots: [{ processing: true, tokens: 208, inputTokens: 21, cachedTokens: 8, outputTokens: 187 }],
    })
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
      'answers in another shape',
      ({ replies }) => replies.set('/v1/health', { body: [1] }),
      'FAULTY',
      /^Lemonade returned an unreadable answer: [^{]+$/,
    ],
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
      /^Lemonade answered 500: boom$/,
    ],
    [
      'is behind a proxy that answers for it',
      ({ replies }) => replies.set('/v1/health', { status: 502, body: '<html><h1>Bad\n Gateway</h1></html>' }),
      'FAULTY',
      /^Lemonade answered 502: Bad Gateway$/,
    ],
    [
      'answers without end',
      ({ replies }) => replies.set('/v1/health', { body: 'x'.repeat(9 * 1024 * 1024) }),
      'FAULTY',
      /^Lemonade returned an unreadable answer: the answer is larger than 8388608 bytes$/,
    ],
  ]
  test.each(cases)('a Lemonade that %s is said to', async (_name, break_, kind, message) => {
    const { app, lemonade } = await hall()
    await break_(lemonade)
    const told = await app.until<{ lemonadeStatus: Status }>(
      `{ lemonadeStatus { ${STATUS} } }`,
      {},
      ({ lemonadeStatus }) => lemonadeStatus.trouble !== null,
    )
    const { trouble, asOf } = told.lemonadeStatus
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

  test('one source in trouble leaves the others working, and holds nobody up', async () => {
    const { app, lemonade } = await hall()
    lemonade.replies.set('/v1/slots', null)
    const both = `{ lemonadeSlots { ${TROUBLE} } lemonadeStatus { ${STATUS} } }`
    type Both = Record<'lemonadeSlots' | 'lemonadeStatus', Status>
    const { lemonadeSlots, lemonadeStatus } = await app.execute<Both>(both)
    // Not waited for: its trouble would be known.
    expect(lemonadeSlots).toEqual({ asOf: null, trouble: null })
    expect(lemonadeStatus).toMatchObject({ trouble: null, model: 'Tiny' })
    const later = await app.until<Both>(both, {}, (data) => data.lemonadeSlots.trouble !== null)
    expect(later.lemonadeSlots.trouble?.kind).toBe('SLOW')
    expect(later.lemonadeStatus.trouble).toBeNull()
  })

  test('its other key is shown where there is no regular one', async () => {
    const { app } = await hall({ LEMONADE_ADMIN_API_KEY: 'admin-key' }, 'admin-key')
    expect(await ask(app, 'lemonadeStatus', STATUS)).toMatchObject({
      ...{ online: true, trouble: null, hasApiKey: false, hasAdminKey: true },
    })
  })
})

test('a hundred who watch cost one question an interval, and nobody costs none', async () => {
  const { app, lemonade } = await hall()
  const socket = app.socket()
  const query = 'subscription { lemonadeSlotsChanged { slots { id processing } } }'
  expect(lemonade.server.requests).toEqual([])
  await Promise.all(Array.from({ length: 100 }, () => app.subscribe(query, {}, socket)))
  expect(lemonade.server.count('/v1/slots')).toBeLessThanOrEqual(3)
  await socket.dispose()
  await expect.poll(() => app.services.lemonade.sources({ role: 'organizer' } as never).slots.watchers).toBe(0)
  const before = lemonade.server.requests.length
  await ask(app, 'lemonadeStatus', STATUS)
  expect(lemonade.server.requests.slice(before).map(({ path }) => path)).not.toContain('/v1/slots')
})

test('scripts that ask the same at the same time cost one question', async () => {
  const { app, lemonade } = await hall()
  const begun = Promise.withResolvers<void>()
  const { answer } = lemonade.server
  lemonade.server.answer = async (taken) => {
    await begun.promise
    return answer(taken)
  }
  const asked = Array.from({ length: 20 }, () => fetch(`${app.url}/api/lemonade/slots`).then((one) => one.json()))
  await expect.poll(() => lemonade.server.count('/v1/slots')).toBe(1)
  begun.resolve()
  const told = await Promise.all(asked)
  expect(told.every((slots) => Array.isArray(slots) && slots.length === 2)).toBe(true)
  expect(lemonade.server.count('/v1/slots')).toBeLessThan(10)
  // One that failed, or is over, is not kept.
  lemonade.plays({ '/v1/slots': 'slots-no-model' })
  expect((await fetch(`${app.url}/api/lemonade/slots`)).status).toBe(502)
})

test('while llama.cpp hangs there is one question for slots, however long, and its answer counts', async () => {
  const { app, lemonade } = await hall()
  const hangs = Promise.withResolvers<void>()
  const { answer } = lemonade.server
  lemonade.server.answer = async (taken) => {
    if (taken.path === '/v1/slots') await hangs.promise
    return answer(taken)
  }
  const frames = await app.subscribe<{ lemonadeSlotsChanged: Status & { slots: object[] } }>(
    `subscription { lemonadeSlotsChanged { ${TROUBLE} slots { id } } }`,
  )
  const refused = await fetch(`${app.url}/api/lemonade/slots`)
  expect([refused.status, await refused.json()]).toEqual([
    502,
    { detail: `Cannot reach Lemonade at ${lemonade.server.url}: no answer within 5 seconds` },
  ])
  // Lemonade has a thread less for everybody with each that was given up.
  expect(lemonade.server.count('/v1/slots')).toBe(1)
  hangs.resolve()
  const { slots } = await frameWith<Status & { slots: object[] }>(frames, ({ trouble }) => trouble === null)
  expect(slots).toHaveLength(2)
})

test('what a browser says of itself stays here', async () => {
  const { app, lemonade } = await hall()
  const headers = { Origin: app.url, Cookie: 'session=secret', 'X-Mine': '1' }
  expect((await fetch(`${app.url}/api/lemonade/health`, { headers })).status).toBe(200)
  const [taken] = lemonade.server.requests
  expect(Object.keys(taken?.headers ?? {}).sort()).toEqual(['accept', 'connection', 'host'])
})

test('a download that is through makes a model, which is there at once', async () => {
  const { app, lemonade } = await hall()
  lemonade.plays({ '/v1/downloads': 'downloads-running', '/v1/models': 'models-empty' })
  const models = await app.subscribe<{ lemonadeModelsChanged: { models: { name: string }[] } }>(
    'subscription { lemonadeModelsChanged { models { name } } }',
  )
  await app.subscribe('subscription { lemonadePullsChanged { pulls { state } } }')
  lemonade.plays({ '/v1/downloads': 'downloads-completed', '/v1/models': 'models-two' })
  const before = performance.now()
  expect((await models.next()).lemonadeModelsChanged.models).toHaveLength(2)
  expect(performance.now() - before, 'they are asked for every ten seconds else').toBeLessThan(8_000)
})
