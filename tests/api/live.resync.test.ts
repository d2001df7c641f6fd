import { createClient, type Client } from 'graphql-ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApp, type TestApp } from '../kit/app.ts'
import { all } from '../kit/instances.ts'
import { INSTANCES, type Frame } from '../kit/live.ts'
import { Random } from '../kit/random.ts'

/** A dashboard's picture of the instances: subscribe, query after READY, apply the frames; again after each disconnect. */
class Picture {
  readonly states = new Map<string, string>()
  rounds = 0
  readonly #app: TestApp
  #client: Client | null = null
  #held: Frame[] | null = null

  constructor(app: TestApp) {
    this.#app = app
    onTestFinished(() => void this.#client?.dispose())
  }

  connect(): void {
    const client = createClient({
      url: `${this.#app.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    this.#client = client
    client.subscribe<Frame>(
      { query: INSTANCES },
      {
        next: ({ data }) => client === this.#client && data && this.#take(data),
        error: () => undefined,
        complete: () => undefined,
      },
    )
  }

  disconnect(): void {
    const client = this.#client
    this.#client = null
    this.#held = null
    client?.terminate()
  }

  #take(frame: Frame): void {
    if (frame.instanceChanged.kind === 'READY') void this.#query()
    else if (this.#held) this.#held.push(frame)
    else this.#apply(frame)
  }

  async #query(): Promise<void> {
    const client = this.#client
    const held: Frame[] = []
    this.#held = held
    const rows = await all(this.#app)
    if (client !== this.#client) return
    for (const row of rows) this.states.set(row.id, row.state)
    for (const frame of held) this.#apply(frame)
    this.#held = null
    this.rounds += 1
  }

  #apply({ instanceChanged: { instance } }: Frame): void {
    if (instance) this.states.set(instance.id, instance.state)
  }
}

test('a client that reconnects during 200 changes ends with the true states', async () => {
  const app = await startApp()
  const random = new Random(11)
  const picture = new Picture(app)
  const steady = new Picture(app)
  steady.connect()
  picture.connect()
  const commands = ['pauseInstance', 'resumeInstance', 'restartInstance', 'killInstance']
  const act = async () => {
    const rows = (await all(app)).filter((row) => row.state !== 'TERMINATED' && row.state !== 'FAILED')
    if (rows.length < 6 || random.chance(20)) {
      const input = { username: `u${random.below(12)}` }
      return app.answer('mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { id } }', { input })
    }
    const { id } = random.of(rows)
    return app.answer(`mutation ($id: ID!) { ${random.of(commands)}(input: { id: $id }) { id } }`, { id })
  }
  for (let change = 0; change < 200; change += 4) {
    if (random.chance(25)) {
      picture.disconnect()
      if (random.chance(50)) await act()
      picture.connect()
    }
    await Promise.all([act(), act(), act(), act()])
  }
  const truth = async () => Object.fromEntries((await all(app)).map((row) => [row.id, row.state]))
  const isSettled = (states: string[]) =>
    states.every((state) => ['RUNNING', 'PAUSED', 'TERMINATED', 'FAILED'].includes(state))
  await expect.poll(async () => isSettled(Object.values(await truth())), { timeout: 25_000 }).toBe(true)
  for (const one of [picture, steady])
    await expect.poll(() => Object.fromEntries(one.states), { timeout: 10_000 }).toEqual(await truth())
  expect(picture.rounds).toBeGreaterThan(3)
  expect(steady.rounds).toBe(1)
  expect(Object.keys(await truth()).length).toBeGreaterThan(10)
}, 90_000)

test('a client that reconnects sees what happened meanwhile', async () => {
  const app = await startApp()
  const picture = new Picture(app)
  picture.connect()
  await expect.poll(() => picture.rounds).toBe(1)
  picture.disconnect()
  const { createInstance } = await app.execute<{ createInstance: { id: string } }>(
    'mutation { createInstance(input: {}) { id } }',
  )
  picture.connect()
  await expect.poll(() => picture.states.get(createInstance.id), { timeout: 10_000 }).toBe('RUNNING')
})
