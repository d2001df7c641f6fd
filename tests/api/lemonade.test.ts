import { describe, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ask, frameWith, startWithLemonade, STATUS, POLLED, type Status } from '../kit/lemonade-app.ts'
import type { LemonadeStandIn } from '../kit/lemonade.ts'

describe('what THON knows about Lemonade', () => {
  test('the status has addresses, version, model, context and slots', async () => {
    const { app, lemonade } = await startWithLemonade({ LEMONADE_API_KEY: 'k' })
    expect(await ask(app, 'lemonadeStatus', STATUS)).toEqual({
      ...{ endpoint: lemonade.server.url, openaiUrl: `${lemonade.server.url}/v1`, hasApiKey: true, hasAdminKey: false },
      ...{ online: true, asOf: expect.any(String) as string, error: null, version: '2026.39.1-2', model: 'Tiny' },
      ...{ contextSize: 2048, users: 1, webSocketPort: 9000, loads: [] },
      loaded: [
        {
          ...{ name: 'Tiny', checkpoint: 'tinyorg/tiny-GGUF:Q4_K_M', recipe: 'llamacpp', type: 'llm', state: 'ready' },
          ...{ busy: false, alive: true, pinned: false, contextSize: 2048, maxContext: 8192, slots: 1 },
        },
      ],
    })
  })

  test('the status has no paths of programs on Lemonade’s machine', async () => {
    const { app } = await startWithLemonade()
    expect(JSON.stringify(await ask(app, 'lemonadeStatus', STATUS))).not.toMatch(/\/srv\/|launch/)
  })

  test('figures of the last request are null before the first one', async () => {
    const { app, lemonade } = await startWithLemonade()
    const fields = 'timeToFirstToken tokensPerSecond inputTokens outputTokens requestsTotal memoryGib gpuPercent'
    expect(await ask(app, 'lemonadeStats', fields)).toEqual({
      ...{ timeToFirstToken: 0.082136, tokensPerSecond: 43.362912095493016, inputTokens: 30, outputTokens: 12 },
      ...{ requestsTotal: 1, memoryGib: 0.9, gpuPercent: null },
    })
    lemonade.plays({ '/v1/stats': 'stats-fresh' })
    const fresh = await startApp(lemonade.environment)
    expect(await ask(fresh, 'lemonadeStats', fields)).toMatchObject({ timeToFirstToken: null, requestsTotal: 0 })
  })

  test('slots are a list, empty without an error while no model is loaded', async () => {
    const { app, lemonade } = await startWithLemonade()
    const fields = `${POLLED} slots { id processing contextSize tokens inputTokens cachedTokens outputTokens }`
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
    expect(await ask(empty, 'lemonadeSlots', fields)).toMatchObject({ slots: [], error: null })
  })

  test('the machine lists missing devices with the reason', async () => {
    const { app } = await startWithLemonade()
    const fields = 'os memoryGib devices { kind name available detail } storage { freeBytes totalBytes }'
    expect(await ask(app, 'lemonadeSystem', fields)).toEqual({
      ...{ os: 'Linux-6.18.44-fc-v669 (Debian GNU/Linux)', memoryGib: 23.54 },
      devices: [
        { kind: 'CPU', name: 'Intel(R) Xeon(R) Processor', available: true, detail: '2 cores, 2 threads, x86_64' },
        { kind: 'NVIDIA_GPU', name: '', available: false, detail: 'No NVIDIA discrete GPU found' },
        { kind: 'NPU', name: '', available: false, detail: 'No NPU device found' },
      ],
      storage: { freeBytes: 71667605504, totalBytes: 270553174016 },
    })
  })
})

describe('when Lemonade fails', () => {
  const cases: [string, (lemonade: LemonadeStandIn) => unknown, string, RegExp][] = [
    [
      'is not there',
      ({ server }) => server.down(),
      'OFFLINE',
      /^Cannot reach Lemonade at .*: nothing listens there\.$/,
    ],
    ['does not answer', ({ replies }) => replies.set('/v1/health', null), 'SLOW', /no answer within 3 seconds\.$/],
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
      /^Lemonade answered 500: boom\.$/,
    ],
    [
      'is behind a proxy that answers for it',
      ({ replies }) => replies.set('/v1/health', { status: 502, body: '<html><h1>Bad\n Gateway</h1></html>' }),
      'FAULTY',
      /^Lemonade answered 502: Bad Gateway\.$/,
    ],
    [
      'answers without end',
      ({ replies }) => replies.set('/v1/health', { body: 'x'.repeat(9 * 1024 * 1024) }),
      'FAULTY',
      /^Lemonade returned an unreadable answer: the answer is larger than 8 MiB\.$/,
    ],
  ]
  test.each(cases)('a Lemonade that %s is reported with kind and reason', async (_name, break_, kind, message) => {
    const { app, lemonade } = await startWithLemonade()
    await break_(lemonade)
    const data = await app.until<{ lemonadeStatus: Status }>(
      `{ lemonadeStatus { ${STATUS} } }`,
      {},
      ({ lemonadeStatus }) => lemonadeStatus.error !== null,
    )
    const { error, asOf } = data.lemonadeStatus
    expect(error?.kind).toMatch(new RegExp(`^(${kind})$`))
    expect(error?.message).toMatch(message)
    expect(asOf).toBeNull()
  })

  test('a wrong key is UNAUTHORIZED, not OFFLINE, and no key is shown', async () => {
    const { app } = await startWithLemonade({ LEMONADE_API_KEY: 'wrong-key-1' }, 'right-key')
    const status = await ask<Status>(app, 'lemonadeStatus', STATUS)
    expect(status).toMatchObject({ online: true, error: { kind: 'UNAUTHORIZED' } })
    expect(JSON.stringify(status)).not.toMatch(/wrong-key-1|right-key/)
  })

  test('watchers keep the last values while it is offline, and see it come back', async () => {
    const { app, lemonade } = await startWithLemonade()
    const frames = await app.subscribe<{ lemonadeStatusChanged: Status }>(
      `subscription { lemonadeStatusChanged { ${STATUS} } }`,
    )
    await lemonade.server.down()
    const offline = await frameWith<Status>(frames, ({ error }) => error !== null)
    expect(offline).toMatchObject({ online: false, model: 'Tiny', error: { kind: 'OFFLINE' } })
    expect(Date.parse(offline.asOf ?? '')).toBeLessThanOrEqual(Date.parse(offline.error?.since ?? ''))
    await lemonade.server.up()
    expect(await frameWith<Status>(frames, ({ error }) => error === null)).toMatchObject({ online: true })
  })

  test('one resource that fails neither breaks nor delays the others', async () => {
    const { app, lemonade } = await startWithLemonade()
    lemonade.replies.set('/v1/slots', null)
    const both = `{ lemonadeSlots { ${POLLED} } lemonadeStatus { ${STATUS} } }`
    type Both = Record<'lemonadeSlots' | 'lemonadeStatus', Status>
    const { lemonadeSlots, lemonadeStatus } = await app.execute<Both>(both)
    // Had the query waited for the slots, they would have an error.
    expect(lemonadeSlots).toEqual({ asOf: null, error: null })
    expect(lemonadeStatus).toMatchObject({ error: null, model: 'Tiny' })
    const later = await app.until<Both>(both, {}, (data) => data.lemonadeSlots.error !== null)
    expect(later.lemonadeSlots.error?.kind).toBe('SLOW')
    expect(later.lemonadeStatus.error).toBeNull()
  })

  test('the admin key is used when there is no regular key', async () => {
    const { app } = await startWithLemonade({ LEMONADE_ADMIN_API_KEY: 'admin-key' }, 'admin-key')
    expect(await ask(app, 'lemonadeStatus', STATUS)).toMatchObject({
      ...{ online: true, error: null, hasApiKey: false, hasAdminKey: true },
    })
  })
})

test('a hundred watchers cost one request per interval, no watchers none', async () => {
  const { app, lemonade } = await startWithLemonade()
  const socket = app.socket()
  const query = 'subscription { lemonadeSlotsChanged { slots { id processing } } }'
  expect(lemonade.server.requests).toEqual([])
  await Promise.all(Array.from({ length: 100 }, () => app.subscribe(query, {}, socket)))
  expect(lemonade.server.count('/v1/slots')).toBeLessThanOrEqual(3)
  await socket.dispose()
  await expect.poll(() => app.services.lemonade.resources({ role: 'organizer' } as never).slots.watchers).toBe(0)
  const before = lemonade.server.requests.length
  await ask(app, 'lemonadeStatus', STATUS)
  expect(lemonade.server.requests.slice(before).map(({ path }) => path)).not.toContain('/v1/slots')
})

test('scripts that ask for the same at the same time share one request', async () => {
  const { app, lemonade } = await startWithLemonade()
  const released = Promise.withResolvers<void>()
  const { answer } = lemonade.server
  lemonade.server.answer = async (taken) => {
    await released.promise
    return answer(taken)
  }
  const asked = Array.from({ length: 20 }, () => fetch(`${app.url}/api/lemonade/slots`).then((one) => one.json()))
  await expect.poll(() => lemonade.server.count('/v1/slots')).toBe(1)
  released.resolve()
  const answers = await Promise.all(asked)
  expect(answers.every((slots) => Array.isArray(slots) && slots.length === 2)).toBe(true)
  expect(lemonade.server.count('/v1/slots')).toBeLessThan(10)
  // A finished request is not shared any longer.
  lemonade.plays({ '/v1/slots': 'slots-no-model' })
  expect((await fetch(`${app.url}/api/lemonade/slots`)).status).toBe(502)
})

test('while llama.cpp hangs one request for slots stays open, and its answer counts', async () => {
  const { app, lemonade } = await startWithLemonade()
  const hangs = Promise.withResolvers<void>()
  const { answer } = lemonade.server
  lemonade.server.answer = async (taken) => {
    if (taken.path === '/v1/slots') await hangs.promise
    return answer(taken)
  }
  const frames = await app.subscribe<{ lemonadeSlotsChanged: Status & { slots: object[] } }>(
    `subscription { lemonadeSlotsChanged { ${POLLED} slots { id } } }`,
  )
  const refused = await fetch(`${app.url}/api/lemonade/slots`)
  expect([refused.status, await refused.json()]).toEqual([
    502,
    { detail: `Cannot reach Lemonade at ${lemonade.server.url}: no answer within 5 seconds` },
  ])
  // Each abandoned request would keep one of Lemonade's threads busy.
  expect(lemonade.server.count('/v1/slots')).toBe(1)
  hangs.resolve()
  const { slots } = await frameWith<Status & { slots: object[] }>(frames, ({ error }) => error === null)
  expect(slots).toHaveLength(2)
})

test('headers of a browser are not passed on', async () => {
  const { app, lemonade } = await startWithLemonade()
  const headers = { Origin: app.url, Cookie: 'session=secret', 'X-Mine': '1' }
  expect((await fetch(`${app.url}/api/lemonade/health`, { headers })).status).toBe(200)
  const [taken] = lemonade.server.requests
  expect(Object.keys(taken?.headers ?? {}).sort()).toEqual(['accept', 'connection', 'host'])
})

test('a completed download is in the list of models before the next poll', async () => {
  const { app, lemonade } = await startWithLemonade()
  lemonade.plays({ '/v1/downloads': 'downloads-running', '/v1/models': 'models-empty' })
  const models = await app.subscribe<{ lemonadeModelsChanged: { models: { name: string }[] } }>(
    'subscription { lemonadeModelsChanged { models { name } } }',
  )
  await app.subscribe('subscription { lemonadePullsChanged { pulls { state } } }')
  lemonade.plays({ '/v1/downloads': 'downloads-completed', '/v1/models': 'models-two' })
  expect((await models.next()).lemonadeModelsChanged.models).toHaveLength(2)
  // Downloads are polled every second, models every ten: had they waited for that, there would be as many more requests.
  expect(lemonade.server.count('/v1/downloads')).toBeLessThan(8)
})
