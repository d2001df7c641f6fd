import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { RealLemonade } from '../kit/real-lemonade.ts'

interface Pull {
  id: string
  model: string
  state: string
  percent: number | null
  error: string | null
}

interface Slot extends Record<'tokens' | 'inputTokens' | 'outputTokens', number | null> {
  processing: boolean
}

const LONG = { timeout: 120_000 }
const STATUS = '{ lemonadeStatus { online version model users error { kind } loaded { name slots alive } } }'
const MODELS = '{ lemonadeModels { models { name downloaded } } }'
const PULLS = '{ lemonadePulls { pulls { id model state percent error } } }'
const SLOTS = '{ lemonadeSlots { error { kind } slots { id processing contextSize } } }'
const STATS = '{ lemonadeStats { tokensPerSecond outputTokens requestsTotal } }'
const PULL = 'mutation ($input: PullModelInput!) { pullModel(input: $input) { id model state } }'
const LOAD = 'mutation ($input: LoadModelInput!) { loadModel(input: $input) { model } }'

let lemonade: RealLemonade
beforeAll(async () => {
  lemonade = await RealLemonade.start()
}, 60_000)
afterAll(() => lemonade.close())

function pull(app: TestApp, model: string, checkpoint: string) {
  return app.execute(PULL, { input: { model: `user.${model}`, checkpoint, recipe: 'llamacpp' } })
}

/** Waits until the download of a model is as wanted. */
async function pullOf(app: TestApp, model: string, satisfies: (pull: Pull) => boolean): Promise<Pull> {
  const found = (pulls: Pull[]) => pulls.find((one) => one.model === model && satisfies(one))
  const answer = await app.until<{ lemonadePulls: { pulls: Pull[] } }>(
    PULLS,
    {},
    ({ lemonadePulls }) => found(lemonadePulls.pulls) !== undefined,
    60,
  )
  return found(answer.lemonadePulls.pulls) as Pull
}

async function isDownloaded(app: TestApp, model: string): Promise<boolean> {
  const { lemonadeModels } = await app.execute<{ lemonadeModels: { models: { name: string; downloaded: boolean }[] } }>(
    MODELS,
  )
  return lemonadeModels.models.some(({ name, downloaded }) => name === model && downloaded)
}

/** A THON that polls it, with a small model downloaded. */
async function startWithModel(): Promise<TestApp> {
  const app = await startApp(lemonade.environment)
  if (await isDownloaded(app, 'Tiny')) return app
  lemonade.hub.pause = 0
  await pull(app, 'Tiny', 'tinyorg/tiny-GGUF:Q4_K_M')
  await pullOf(app, 'Tiny', ({ state }) => state === 'COMPLETED')
  await app.until(MODELS, {}, (data) => JSON.stringify(data).includes('{"name":"Tiny","downloaded":true}'))
  return app
}

/** Loads the small model with this number of slots. */
async function load(app: TestApp, parallel: number): Promise<void> {
  await app.execute(LOAD, { input: { model: 'Tiny', parallel, contextSize: 4096 } })
  await app.until<{ lemonadeStatus: { users: number | null } }>(
    STATUS,
    {},
    ({ lemonadeStatus }) => lemonadeStatus.users === parallel,
    60,
  )
}

/** Asks the small model something, as a participant's tool would. */
function chat(tokens: number): Promise<Response> {
  const messages = [{ role: 'user', content: 'hack the lemon' }]
  return lemonade.ask('/v1/chat/completions', { model: 'Tiny', messages, max_tokens: tokens })
}

/** The process that runs the model. */
async function backend(): Promise<number> {
  const health = (await (await lemonade.ask('/v1/health')).json()) as { all_models_loaded: { pid: number }[] }
  return health.all_models_loaded[0]?.pid as number
}

describe('the real Lemonade', () => {
  test('a download shows progress, is canceled, and goes on while THON is stopped', LONG, async () => {
    const app = await startWithModel()
    lemonade.hub.pause = 60
    await pull(app, 'Big', 'tinyorg/tiny-GGUF:Q8_0')
    const early = await pullOf(app, 'Big', ({ percent }) => percent !== null && percent > 0 && percent < 60)
    await pullOf(app, 'Big', ({ percent }) => (percent ?? 0) > (early.percent ?? 0))
    expect(
      await app.execute('mutation ($input: CancelPullInput!) { cancelPull(input: $input) }', {
        input: { id: early.id },
      }),
    ).toEqual({
      cancelPull: true,
    })
    await pullOf(app, 'Big', ({ state }) => state === 'CANCELED')
    expect(await isDownloaded(app, 'Big')).toBe(false)

    await pull(app, 'Big', 'tinyorg/tiny-GGUF:Q8_0')
    await pullOf(app, 'Big', ({ state }) => state === 'DOWNLOADING')
    await app.close()
    lemonade.hub.pause = 0
    const later = await startApp(lemonade.environment)
    await pullOf(later, 'Big', ({ state }) => state === 'COMPLETED')
    await later.until(MODELS, {}, (data) => JSON.stringify(data).includes('{"name":"Big","downloaded":true}'))
    await later.execute('mutation { deleteModel(input: { model: "Big" }) }')
    await later.until(MODELS, {}, (data) => !JSON.stringify(data).includes('{"name":"Big","downloaded":true}'))
  })

  test('a failed download has its reason, and one from a broken hub is retried', LONG, async () => {
    const app = await startWithModel()
    await pull(app, 'Gone', 'tinyorg/gone-GGUF:Q4_K_M')
    expect((await pullOf(app, 'Gone', ({ state }) => state === 'FAILED')).error).toMatch(/404|not found/i)
    await pull(app, 'Broken', 'tinyorg/broken-GGUF:Q4_K_M')
    const { id } = await pullOf(app, 'Broken', ({ state }) => state === 'DOWNLOADING' || state === 'RETRYING')
    await app.execute('mutation ($input: CancelPullInput!) { cancelPull(input: $input) }', { input: { id } })
    expect(
      await app.refused('{ lemonadeVariants(checkpoint: "tinyorg/nothing") { variants { name } } }'),
    ).toMatchObject({ code: 'UPSTREAM_FAILED' })
    expect(await app.execute('{ lemonadeVariants(checkpoint: "tinyorg/tiny-GGUF") { variants { name } } }')).toEqual({
      lemonadeVariants: { variants: [{ name: 'Q4_K_M' }, { name: 'Q8_0' }] },
    })
  })

  test('chats through a loaded model move its figures and its slots', LONG, async () => {
    const app = await startWithModel()
    await load(app, 2)
    const frames = await app.subscribe<{ lemonadeSlotsChanged: { slots: Slot[] } }>(
      'subscription { lemonadeSlotsChanged { slots { id processing tokens inputTokens outputTokens } } }',
    )
    expect(await app.execute(SLOTS)).toEqual({
      lemonadeSlots: {
        error: null,
        slots: [0, 1].map((id) => ({ id, processing: false, contextSize: 2048 })),
      },
    })
    const before = await app.execute<{ lemonadeStats: { requestsTotal: number } }>(STATS)
    let isTalking = true
    const talk = async () => {
      while (isTalking) await (await chat(900)).text()
    }
    const talks = Promise.all([talk(), talk()])
    // Both at the same time, with the tokens read and written so far.
    const read = await frames.until(
      ({ lemonadeSlotsChanged }) =>
        lemonadeSlotsChanged.slots.every(({ processing, outputTokens }) => processing && outputTokens !== null),
      40,
    )
    for (const slot of read.at(-1)?.lemonadeSlotsChanged.slots ?? [])
      expect(Math.abs((slot.tokens ?? 0) - (slot.inputTokens ?? 0) - (slot.outputTokens ?? 0))).toBeLessThanOrEqual(1)
    isTalking = false
    await talks
    const after = await app.until<{
      lemonadeStats: { requestsTotal: number; outputTokens: number; tokensPerSecond: number }
    }>(STATS, {}, ({ lemonadeStats }) => lemonadeStats.requestsTotal > before.lemonadeStats.requestsTotal)
    expect(after.lemonadeStats.outputTokens).toBeGreaterThan(0)
    expect(after.lemonadeStats.tokensPerSecond).toBeGreaterThan(0)
  })

  test('a backend that hangs affects its slots only, and a killed one is restarted', LONG, async () => {
    const app = await startWithModel()
    await load(app, 2)
    const before = await backend()
    const slots = await app.subscribe<{ lemonadeSlotsChanged: { error: { kind: string } | null } }>(
      'subscription { lemonadeSlotsChanged { error { kind } slots { id } } }',
    )
    process.kill(before, 'SIGSTOP')
    try {
      const frames = await slots.until(({ lemonadeSlotsChanged }) => lemonadeSlotsChanged.error !== null)
      expect(frames.at(-1)).toMatchObject({ lemonadeSlotsChanged: { error: { kind: 'SLOW' }, slots: [{}, {}] } })
      expect(await app.execute(STATUS)).toMatchObject({ lemonadeStatus: { online: true, error: null, users: 2 } })
    } finally {
      process.kill(before, 'SIGCONT')
    }
    await slots.until(({ lemonadeSlotsChanged }) => lemonadeSlotsChanged.error === null)

    process.kill(before, 'SIGKILL')
    await app.until(STATUS, {}, (data) => JSON.stringify(data).includes('"model":null'))
    expect((await chat(20)).status).toBe(200)
    await app.until(STATUS, {}, (data) => JSON.stringify(data).includes('"model":"Tiny"'))
    expect(await backend()).not.toBe(before)
  })

  test('a failed load has its reason, and a model is unloaded', LONG, async () => {
    const app = await startWithModel()
    await load(app, 1)
    await app.execute(LOAD, { input: { model: 'Tiny', llamacppArgs: '--no-such-argument' } })
    const failed = await app.until<{ lemonadeStatus: { loads: { state: string; message: string | null }[] } }>(
      '{ lemonadeStatus { loads { model state message } } }',
      {},
      ({ lemonadeStatus }) => lemonadeStatus.loads.some(({ state }) => state === 'FAILED'),
      60,
    )
    expect(failed.lemonadeStatus.loads[0]?.message).toMatch(/Tiny|load/i)
    await load(app, 1)
    expect(await app.execute('mutation { unloadModel(input: { model: "Tiny" }) }')).toEqual({ unloadModel: true })
    await app.until(STATUS, {}, (data) => JSON.stringify(data).includes('"model":null'))
    await app.until(SLOTS, {}, (data) => JSON.stringify(data) === '{"lemonadeSlots":{"error":null,"slots":[]}}')
  })

  test('a killed Lemonade is offline with its last values until it is back', LONG, async () => {
    const app = await startWithModel()
    await load(app, 1)
    const frames = await app.subscribe<{ lemonadeStatusChanged: { online: boolean | null; model: string | null } }>(
      'subscription { lemonadeStatusChanged { online model error { kind } } }',
    )
    await lemonade.kill()
    const read = await frames.until(({ lemonadeStatusChanged }) => lemonadeStatusChanged.online === false)
    // The last values stay.
    expect(read.at(-1)?.lemonadeStatusChanged.model).toBe('Tiny')
    await lemonade.up()
    await frames.until(({ lemonadeStatusChanged: { online, model } }) => online === true && model === null)
    expect(await isDownloaded(app, 'Tiny')).toBe(true)
  })

  test('a wrong key is reported as UNAUTHORIZED', LONG, async () => {
    const locked = await RealLemonade.start({ LEMONADE_API_KEY: 'key-of-lemonade' })
    try {
      const wrong = await startApp({ ...locked.environment, LEMONADE_API_KEY: 'another' })
      expect(await wrong.execute(STATUS)).toMatchObject({
        lemonadeStatus: { online: true, error: { kind: 'UNAUTHORIZED' } },
      })
      expect(await wrong.refused('mutation { unloadModel(input: { model: "Tiny" }) }')).toMatchObject({
        code: 'UPSTREAM_FAILED',
      })
      const right = await startApp({ ...locked.environment, LEMONADE_API_KEY: 'key-of-lemonade' })
      expect(await right.execute(STATUS)).toMatchObject({ lemonadeStatus: { online: true, error: null } })
    } finally {
      await locked.close()
    }
  })
})
