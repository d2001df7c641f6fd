import type { VolumeCreateOptions } from 'dockerode'
import { DockerClient, WITHIN, type Abortable } from './client.ts'
import type { DockerConnection } from '../../config/env.ts'
import { dockerWords, statusOf, unless } from './errors.ts'
import { sandboxEvents, WATCHED, type DockerMessage } from './events.ts'
import { DockerFiles } from './files.ts'
import { DockerMachine } from './host.ts'
import { cpuPercent, cpuSample, memoryInUse, readLog } from './stats.ts'
import { DockerNetworks } from './networks.ts'
import { DockerPulls } from './pull.ts'
import { ContainerCache, inspect } from './container-cache.ts'
import { remoteReason } from './locality.ts'
import { assertVolume, containerName, containerOptions, isOurs, LABEL, volumeLabels, type Place } from './spec.ts'
import {
  EngineRefused,
  type EngineInfo,
  type Progress,
  type Sandbox,
  type SandboxEngine,
  type SandboxEvent,
  type SandboxFile,
  type SandboxSpec,
  type SandboxStats,
} from '../engine.ts'

/** What makes one engine differ from another. */
export interface DockerEngineOptions {
  /** Name of this server, since several may share one Docker: each sees only its own sandboxes, and those of no server. */
  node: string
  /** The image whose presence `info` tells. */
  image: string
  /** Network that groups get theirs from, as CIDR. */
  pool: string
  connection: DockerConnection
}

/** What people get, in seconds, to save when their sandbox ends, before it is ended hard. */
const GRACE = 3

/** Sandboxes as containers of a Docker engine, version 20.10 or later. */
export class DockerEngine implements SandboxEngine {
  readonly kind = 'docker'
  readonly cannot = []
  readonly #options: DockerEngineOptions
  readonly #client: DockerClient
  readonly #pulls: DockerPulls
  readonly #files: DockerFiles
  readonly #seen: ContainerCache
  readonly #machine: DockerMachine
  readonly #networks: DockerNetworks

  constructor(options: DockerEngineOptions) {
    this.#options = options
    this.#client = new DockerClient(options.connection)
    this.#pulls = new DockerPulls(this.#client)
    this.#files = new DockerFiles(this.#client)
    this.#machine = new DockerMachine(this.#client)
    this.#seen = new ContainerCache(this.#client)
    this.#networks = new DockerNetworks(this.#client, options)
  }

  async info(): Promise<EngineInfo> {
    const { Version: version } = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      (docker.version as Abortable<{ Version: string }>).call(docker, { abortSignal }),
    )
    // Afterwards, not at the same time: dockerode cannot break this one off when the engine hangs.
    return { version, imagePresent: await this.#hasImage() }
  }

  async list(): Promise<Sandbox[]> {
    const found = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label: [LABEL.instance] }, abortSignal }),
    )
    const refs = found.filter(({ Labels }) => isOurs(Labels, this.#options.node)).map(({ Id }) => Id)
    return this.#seen.lookAll(refs)
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>> {
    const filters = { type: ['container' as const], label: [LABEL.instance], event: WATCHED }
    // Docker answers before it subscribes; `since` makes it replay what happened between the two.
    const since = Date.now() / 1000
    const stream = await this.#client.stream(
      WITHIN.act,
      (docker, abortSignal) => docker.getEvents({ filters, since, abortSignal }),
      signal,
    )
    return sandboxEvents(stream, signal, this.#client.url, (message) => this.#observe(message))
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    assertVolume(spec.volume)
    const { ref, isNew } = await this.#networks.within(spec.group, (place) => this.#make(spec, place, progress))
    if (spec.files.length === 0) return ref
    try {
      await this.#files.put(ref, spec.files, isNew)
    } catch (error) {
      // Half a sandbox helps nobody; the reason it is only half matters more than whether this works.
      await this.remove(ref).catch(() => {})
      throw error
    }
    return ref
  }

  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    try {
      return await this.#files.update(ref, files)
    } catch (error) {
      if (statusOf(error) === 404) throw new EngineRefused('The sandbox is gone.')
      throw error
    }
  }

  async start(ref: string): Promise<void> {
    const start = this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.getContainer(ref).start({ abortSignal }),
    )
    await unless(start, (status) => status === 304)
  }

  async pause(ref: string): Promise<void> {
    const pause = this.#client.ask(WITHIN.act, (docker, abortSignal) => docker.getContainer(ref).pause({ abortSignal }))
    await unless(pause, (_, words) => /already paused/i.test(words))
  }

  async resume(ref: string): Promise<void> {
    try {
      await this.#unpause(ref)
    } catch (error) {
      // Docker says "not paused" of a running one, which is what was wanted, and of one that ended.
      if (statusOf(error) === 404 || (await inspect(this.#client, ref))?.State.Status !== 'running') throw error
    }
  }

  async restart(ref: string): Promise<void> {
    await this.#thaw(ref)
    await this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.getContainer(ref).restart({ t: GRACE, abortSignal }),
    )
  }

  async kill(ref: string): Promise<void> {
    await this.#thaw(ref)
    const stop = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).stop({ t: GRACE, abortSignal }),
    )
    await unless(stop, (status) => status === 304 || status === 404)
  }

  async remove(ref: string): Promise<void> {
    // `v` takes volumes without a name, which an image may declare; the person's has one and stays.
    const remove = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).remove({ force: true, v: true, abortSignal }),
    )
    const answer = await unless(remove, (status, words) => status === 404 || /already in progress/i.test(words))
    if (answer.skipped === 409) await this.#waitUntilGone(ref)
  }

  async logs(ref: string, lines: number): Promise<string> {
    if (lines < 1) return ''
    const logs = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).logs({ stdout: true, stderr: true, tail: lines, follow: false, abortSignal }),
    )
    const { value } = await unless(logs, (status) => status === 404)
    return value instanceof Buffer ? readLog(value) : ''
  }

  async stats(ref: string): Promise<SandboxStats | null> {
    const before = this.#seen.cpu(ref)
    // With an earlier sample Docker need not wait a second to take two of its own.
    const query = { stream: false as const, 'one-shot': before !== undefined }
    const ask = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).stats({ ...query, abortSignal } as typeof query),
    )
    const { value } = await unless(ask, (status) => status === 404)
    const now = cpuSample(value?.cpu_stats)
    const memoryBytes = memoryInUse(value?.memory_stats)
    this.#seen.keepCpu(ref, now)
    if (!value || !now || memoryBytes === null) return null
    const cores = value.cpu_stats.online_cpus || 1
    const first = cpuSample(value.precpu_stats) ?? before
    const memoryLimitBytes = await this.#seen.memoryLimit(ref)
    return { cpuPercent: first ? cpuPercent(first, now, cores) : 0, memoryBytes, memoryLimitBytes }
  }

  async ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void> {
    assertVolume(volume)
    await this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.createVolume({ Name: volume, Labels: volumeLabels(owner), abortSignal } as VolumeCreateOptions),
    )
  }

  async removeVolume(volume: string): Promise<void> {
    assertVolume(volume)
    const remove = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getVolume(volume).remove({ abortSignal }),
    )
    try {
      await unless(remove, (status) => status === 404)
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      throw new EngineRefused(`The workspace ${volume} is ${await this.#usersOf(volume)}.`, { cause: error })
    }
  }

  /** Why network rules set on this machine would not reach the sandboxes; null when they would. */
  whyElsewhere(): Promise<string | null> {
    return remoteReason(this.#client, this.#options.connection)
  }

  /** Takes away the networks of groups that have no sandbox. Throws as the port says. */
  tidyNetworks(): Promise<void> {
    return this.#networks.tidy()
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  async #hasImage(): Promise<boolean> {
    const name = this.#options.image.split('/').map(encodeURIComponent).join('/')
    const look = this.#client.ask(WITHIN.look, (docker) => docker.getImage(name).inspect())
    return (await unless(look, (status) => status === 404)).skipped === null
  }

  /** One message of Docker's as an event of ours; null when it is none, or when the container is gone by now. */
  async #observe({ Action: action, Actor: actor }: DockerMessage): Promise<SandboxEvent | null> {
    if (!isOurs(actor.Attributes, this.#options.node) || !WATCHED.includes(action)) return null
    const event = { ref: actor.ID, instanceId: actor.Attributes[LABEL.instance] ?? '' }
    if (action === 'destroy') {
      this.#seen.forget(actor.ID)
      return { ...event, sandbox: null }
    }
    const sandbox = this.#guess(actor.ID, action) ?? (await this.#seen.look(actor.ID))
    // Gone already: its `destroy` follows.
    return sandbox && { ...event, sandbox }
  }

  #guess(ref: string, action: string): Sandbox | null {
    if (action === 'pause') return this.#seen.turn(ref, 'running', 'paused')
    if (action === 'unpause') return this.#seen.turn(ref, 'paused', 'running')
    return null
  }

  async #make(spec: SandboxSpec, place: Place, progress: Progress): Promise<{ ref: string; isNew: boolean }> {
    try {
      return { ref: await this.#post(spec, place), isNew: true }
    } catch (error) {
      if (statusOf(error) === 409) return { ref: await this.#adopt(spec, error), isNew: false }
      if (statusOf(error) !== 404 || !/image/i.test(dockerWords(error))) throw error
    }
    await this.#pulls.pull(spec.image, progress)
    return { ref: await this.#post(spec, place), isNew: true }
  }

  async #post(spec: SandboxSpec, place: Place): Promise<string> {
    const machine = await this.#machine.ask()
    const body = containerOptions(spec, this.#options.node, machine, place)
    // Given apart, since dockerode would otherwise write the body into the URL too, password and all.
    const request = { _query: { name: containerName(spec) }, _body: body }
    const container = await this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.createContainer({ ...request, abortSignal } as typeof body),
    )
    return container.id
  }

  /** A server that crashed while it made this very sandbox left it behind: take it. */
  async #adopt(spec: SandboxSpec, conflict: unknown): Promise<string> {
    const info = await inspect(this.#client, containerName(spec))
    const labels = info?.Config.Labels
    if (info && isOurs(labels, this.#options.node) && labels?.[LABEL.instance] === spec.instanceId) return info.Id
    throw conflict
  }

  async #unpause(ref: string): Promise<void> {
    await this.#client.ask(WITHIN.act, (docker, abortSignal) => docker.getContainer(ref).unpause({ abortSignal }))
  }

  /** With cgroup v1 a signal reaches a frozen process only after it is thawed. */
  async #thaw(ref: string): Promise<void> {
    const info = await inspect(this.#client, ref)
    if (!info?.State.Paused) return
    await unless(this.#unpause(ref), (_, words) => /not paused|no such container/i.test(words))
  }

  async #waitUntilGone(ref: string): Promise<void> {
    const wait = this.#client.ask(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).wait({ condition: 'removed', abortSignal }),
    )
    await unless(wait, (status) => status === 404)
  }

  async #usersOf(volume: string): Promise<string> {
    const users = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { volume: [volume] }, abortSignal }),
    )
    const names = users.map(({ Names: [name = ''] }) => name.slice(1))
    return names.length ? `still used by ${names.join(', ')}: remove that first` : 'still in use'
  }
}
