import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Child, type Memory } from '../kit/child.ts'
import { now } from '../kit/measure.ts'
import { docker, dockerEnv, recipeOf, removeAll, removePeerNetwork } from '../kit/sandboxes.ts'
import { Thon } from '../kit/thon.ts'
import type { BareQuestion } from './bare.ts'
import type { Arrival, ClientsQuestion, Side } from './clients.ts'

/** What a row of the dashboard shows. */
const ROW = 'id groupName username state stateAt reason commands queuePlace progress url port hostPort'
const WATCH = `subscription { instanceChanged { kind id instance { ${ROW} } } }`
const GROUP = 'bench-fanout'
const WARM_UP = 50

/** The text that tells a frame of one state from all others. */
const STATE = { pause: '"state":"PAUSED"', unpause: '"state":"RUNNING"' }

/** How long one change took, in milliseconds. */
export interface Delay {
  /** From the moment the command was typed: `docker` is started, does it, the frame arrives. */
  fromShell: number
  /** From the moment Docker says it happened: only what the server under test adds. */
  fromEngine: number
}

/** Both servers, a sandbox for each, and the sockets of both in a third process. */
export class FanOutHall {
  readonly #thon: Thon
  readonly #bare: Child<string>
  readonly #clients: Child<string>
  readonly #containers: Record<Side, string>

  private constructor(thon: Thon, bare: Child<string>, clients: Child<string>, containers: Record<Side, string>) {
    this.#thon = thon
    this.#bare = bare
    this.#clients = clients
    this.#containers = containers
  }

  /** Ready and warm, without subscribers. The bare server sends the very frames that were seen to come from ours. */
  static async open(): Promise<FanOutHall> {
    const thon = await Thon.start(dockerEnv)
    const ours = await oneSandbox(thon)
    const peer = await docker.createContainer((await recipeOf(ours))('thon-bench-fanout'))
    await peer.start()
    const clients = await Child.start<string>(join(import.meta.dirname, 'clients.ts'))
    const bare = await Child.start<string>(join(import.meta.dirname, 'bare.ts'), { BENCH_CONTAINER: peer.id })
    const hall = new FanOutHall(thon, bare, clients, { ours, bare: peer.id })
    await hall.connect('ours', WARM_UP)
    await hall.connect('bare', WARM_UP)
    const frames = { pause: await hall.#seen('ours', 'pause'), unpause: await hall.#seen('ours', 'unpause') }
    await bare.ask({ frames } satisfies BareQuestion)
    for (const side of ['ours', 'bare'] as const) {
      await hall.pause(side)
      await hall.#ask({ type: 'close', side })
    }
    return hall
  }

  async close(): Promise<void> {
    await Promise.all([this.#thon.stop(), this.#bare.stop(), this.#clients.stop()])
    await removeAll('thon.bench', 'thon.bench')
    await removeAll(`thon.group=${GROUP}`, `thon.group=${GROUP}`)
    await removePeerNetwork()
  }

  async connect(side: Side, count: number): Promise<void> {
    const url = side === 'ours' ? this.#thon.socketUrl : this.#bare.ready
    await this.#ask({ type: 'connect', side, url, count, query: side === 'ours' ? WATCH : undefined })
  }

  memory(side: Side): Promise<Memory> {
    return side === 'ours' ? this.#thon.memory() : this.#bare.ask<Memory>({})
  }

  /** `docker pause` of one side's sandbox, until its last subscriber knows; and, untimed, back again. */
  async pause(side: Side): Promise<Delay> {
    await this.#ask({ type: 'expect', side, text: STATE.pause })
    const began = now()
    const typed = this.#type('pause', side)
    const { at } = await this.#ask<Arrival>({ type: 'wait', side })
    await typed
    const happened = await this.#whenPaused(side, began)
    await this.#seen(side, 'unpause')
    return { fromShell: at - began, fromEngine: at - happened }
  }

  /** Does it, and returns the frame that tells of it once everybody had it. */
  async #seen(side: Side, command: 'pause' | 'unpause'): Promise<string> {
    await this.#ask({ type: 'expect', side, text: STATE[command] })
    await this.#type(command, side)
    return (await this.#ask<Arrival>({ type: 'wait', side })).frame
  }

  async #type(command: string, side: Side): Promise<void> {
    await promisify(execFile)('docker', [command, this.#containers[side]])
  }

  /** Docker's own time of the last pause, on the clock of `now()`. */
  async #whenPaused(side: Side, began: number): Promise<number> {
    const wall = performance.timeOrigin + performance.now() - now()
    const filters = { container: [this.#containers[side]], event: ['pause'] }
    const span = { since: Math.floor((began + wall) / 1000), until: Math.ceil((now() + wall) / 1000) }
    let text = ''
    for await (const chunk of await docker.getEvents({ filters, ...span })) text += String(chunk)
    const last = JSON.parse(text.trim().split('\n').at(-1) as string) as { timeNano: number }
    return last.timeNano / 1e6 - wall
  }

  #ask<Answer>(question: ClientsQuestion): Promise<Answer> {
    return this.#clients.ask<Answer>(question)
  }
}

/** Starts one sandbox and waits until it runs. Returns its container's id. */
async function oneSandbox(thon: Thon): Promise<string> {
  const { createInstance } = await thon.execute<{ createInstance: { id: string } }>(
    `mutation { createInstance(input: { group: "${GROUP}", username: "ann" }) { id } }`,
  )
  for (;;) {
    const { instance } = await thon.execute<{ instance: { state: string; ref: string; reason: string | null } }>(
      'query ($id: ID!) { instance(id: $id) { state ref reason } }',
      createInstance,
    )
    if (instance.state === 'RUNNING') return instance.ref
    if (instance.state === 'FAILED') throw new Error(`the sandbox failed: ${instance.reason}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
