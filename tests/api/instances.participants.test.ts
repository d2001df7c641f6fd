import { createClient, type Client } from 'graphql-ws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { organizer } from '../../server/core/viewer.ts'
import { startWith } from '../kit/access.ts'
import { Frames, type TestApp } from '../kit/app.ts'
import { enter, personalLink, team } from '../kit/links.ts'
import { INSTANCES, says, type Frame } from '../kit/live.ts'

const MINE = '{ instances { items { id state reason notice } } }'
const START = 'mutation ($userId: ID!) { startMySandbox(input: { userId: $userId }) { id } }'

interface Mine {
  id: string
  state: string
  reason: string | null
  notice: string | null
}

/** A participant with a sandbox, and what they see of it. */
class Participant {
  readonly app: TestApp
  readonly userId: string
  readonly #cookie: string

  private constructor(app: TestApp, userId: string, cookie: string) {
    this.app = app
    this.userId = userId
    this.#cookie = cookie
  }

  static async start(): Promise<Participant> {
    const app = await startWith('OAuth')
    const userId = (await team(app, 'alpha', ['ann'])).ids.ann as string
    const { cookie } = await enter(app, await personalLink(app, userId))
    return new Participant(app, userId, cookie)
  }

  ask<T>(query: string, variables: Record<string, unknown> = {}) {
    return this.app.answer<T>(query, variables, { cookie: this.#cookie })
  }

  async mine(): Promise<Mine | undefined> {
    return (await this.ask<{ instances: { items: Mine[] } }>(MINE)).data?.instances.items[0]
  }

  async inState(state: string): Promise<Mine> {
    await expect.poll(async () => (await this.mine())?.state).toBe(state)
    return (await this.mine()) as Mine
  }

  async launch(): Promise<void> {
    const { errors } = await this.ask(START, { userId: this.userId })
    expect(errors).toBeUndefined()
  }

  async running(): Promise<{ id: string; ref: string }> {
    await this.launch()
    const { id } = await this.inState('RUNNING')
    return { id, ref: this.app.engine.of(id).ref }
  }

  /** A socket with their session. */
  socket(): Client {
    const headers = { cookie: this.#cookie }
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers })
      }
    }
    const client = createClient({ url: `${this.app.url.replace('http', 'ws')}/graphql`, webSocketImpl: Socket })
    onTestFinished(() => void client.dispose())
    return client
  }

  /** The row as organizers see it. */
  async stored(): Promise<{ reason: string | null; notice: string | null }> {
    const { items } = await this.app.services.instances.list(organizer)
    return items[0] as Mine
  }
}

test('a participant reads that their sandbox could not be started, not why', async () => {
  const ann = await Participant.start()
  const text = 'Image none is not on this machine (Get "https://registry-1.docker.io/v2/": no such host).'
  ann.app.engine.refuse('create', text)
  await ann.launch()
  expect((await ann.inState('FAILED')).reason).toBe('Could not be started. Your organizer has been told.')
  expect((await ann.stored()).reason).toBe(text)
})

test.for([
  ['a crash', 'FAILED', 139, 'Crashed, exit code 139.'],
  ['a stop outside THON', 'TERMINATED', 137, 'Stopped outside THON, exit code 137.'],
] as const)('a participant reads no exit code after %s', async ([, state, exitCode, reason]) => {
  const ann = await Participant.start()
  await ann.app.engine.exit((await ann.running()).ref, exitCode)
  expect((await ann.inState(state)).reason).toBe('It stopped unexpectedly.')
  expect((await ann.stored()).reason).toBe(reason)
})

test('a participant reads the memory limit, and not the variable that sets it', async () => {
  const ann = await Participant.start()
  await ann.app.engine.exit((await ann.running()).ref, 137, true)
  expect((await ann.inState('FAILED')).reason).toBe(
    'It ran out of memory (2 GiB). Close some programs and start it again.',
  )
})

test('a participant reads that a pause failed, not why', async () => {
  const ann = await Participant.start()
  const { id } = await ann.running()
  ann.app.engine.answering = false
  ann.app.engine.refuse('pause', 'cgroup is frozen')
  await ann.ask('mutation ($id: ID!) { pauseInstance(input: { id: $id }) { id } }', { id })
  await expect.poll(async () => (await ann.mine())?.reason).toBe('It could not be paused.')
  expect((await ann.stored()).reason).toBe('cgroup is frozen')
})

test('a participant gets no notices', async () => {
  const ann = await Participant.start()
  const { id } = await ann.running()
  const notice = 'The Kilo Code Config was left out: ${X} is a placeholder that THON does not know.'
  await ann.app.db.instance.update({ where: { id }, data: { notice } })
  expect((await ann.mine())?.notice).toBeNull()
  expect((await ann.stored()).notice).toBe(notice)
})

test('frames show participants the same reasons as queries', async () => {
  const ann = await Participant.start()
  const { id, ref } = await ann.running()
  const client = ann.socket()
  const frames = await ann.app.subscribe<Frame>(INSTANCES, {}, client)
  await ann.app.engine.exit(ref, 139)
  const last = (await frames.until(says(id, 'FAILED'))).at(-1)
  expect(last?.instanceChanged.instance?.reason).toBe('It stopped unexpectedly.')
})

test('commands of a participant name no engine while it is unavailable', async () => {
  const ann = await Participant.start()
  const { id } = await ann.running()
  ann.app.engine.leave('Docker at unix:///run/docker.sock is not running: start it, or set DOCKER_HOST.')
  const text = "Sandboxes can't be started or stopped right now. VS Code keeps working."
  const pause = 'mutation ($id: ID!) { pauseInstance(input: { id: $id }) { id } }'
  const refusal = async (query: string, variables: Record<string, unknown>) =>
    (await ann.ask(query, variables)).errors?.[0]?.message
  await expect.poll(() => refusal(pause, { id })).toBe(text)
  expect(await refusal(pause, { id: 'unknown' })).toBe(text)
  await ann.app.db.instance.update({ where: { id }, data: { state: 'Terminated', activeKey: null } })
  expect(await refusal(START, { userId: ann.userId })).toBe(text)
})

test('a participant sees of the engine whether it answers and the queue, by query and by frame', async () => {
  const ann = await Participant.start()
  const fields = `kind connected message version image imagePresent cannot notices waiting starting startLimit
    network { pool hostPorts nameServers notices }`
  const expected = {
    ...{ kind: 'DOCKER', message: null, version: null, image: null, imagePresent: null, cannot: [], notices: [] },
    ...{ waiting: 0, starting: 0, startLimit: expect.any(Number) as number, network: null },
  }
  const { data } = await ann.ask<{ engine: object }>(`{ engine { ${fields} } }`)
  expect(data?.engine).toEqual({ ...expected, connected: true })
  const frames = new Frames<{ engineChanged: { connected: boolean } }>(
    ann.socket().iterate({ query: `subscription { engineChanged { ${fields} } }` }),
  )
  expect((await frames.next()).engineChanged).toEqual({ ...expected, connected: true })
  ann.app.engine.leave('Docker at unix:///var/run/docker.sock is not running.')
  const last = (await frames.until(({ engineChanged }) => !engineChanged.connected)).at(-1)
  expect(last?.engineChanged).toEqual({ ...expected, connected: false })
})
