import { NodeClaim } from './claims.ts'
import { DockerClient, TIMEOUT_MS, type Abortable } from './client.ts'
import { ContainerCache } from './container-cache.ts'
import { DockerContainers } from './containers.ts'
import { statusOf, tolerate } from './errors.ts'
import { sandboxEvents, WATCHED, type DockerMessage } from './events.ts'
import { DockerFiles } from './files.ts'
import { remoteReason } from './locality.ts'
import { DockerNetworks } from './networks.ts'
import { isOurs, LABEL } from './spec.ts'
import { DockerStats } from './stats.ts'
import { DockerVolumes } from './volumes.ts'
import type { DockerConnection } from '../../config/env.ts'
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
import type { DatabaseFile } from '../identity.ts'

export interface DockerEngineOptions {
  /** Id of this server. Several may share one Docker: each sees only its own sandboxes and those without a node. */
  node: string
  /** The database that the id belongs to. Without it, nothing keeps two servers from using the same id. */
  database?: DatabaseFile
  /** The image whose presence `info` reports. */
  image: string
  /** Network that groups get theirs from, as CIDR. */
  pool: string
  connection: DockerConnection
}

/** Sandboxes as containers of a Docker engine, version 20.10 or later. */
export class DockerEngine implements SandboxEngine {
  readonly kind = 'docker'
  readonly cannot = []
  readonly #options: DockerEngineOptions
  readonly #client: DockerClient
  readonly #containers: DockerContainers
  readonly #files: DockerFiles
  readonly #volumes: DockerVolumes
  readonly #networks: DockerNetworks
  readonly #cache: ContainerCache
  readonly #stats: DockerStats
  readonly #claim: NodeClaim | null

  constructor(options: DockerEngineOptions) {
    this.#options = options
    this.#client = new DockerClient(options.connection)
    this.#containers = new DockerContainers(this.#client, options.node)
    this.#files = new DockerFiles(this.#client)
    this.#volumes = new DockerVolumes(this.#client, options.node)
    this.#networks = new DockerNetworks(this.#client, options)
    this.#cache = new ContainerCache(this.#client)
    this.#stats = new DockerStats(this.#client, this.#cache)
    const { node, database } = options
    this.#claim = database ? new NodeClaim(this.#client, { node, database }) : null
  }

  /** Docker's version. Throws as the port says, but not while another server has the same id. */
  async version(): Promise<string> {
    const { Version: version } = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      (docker.version as Abortable<{ Version: string }>).call(docker, { abortSignal }),
    )
    return version
  }

  /** Also renews this server's claim to its id, because the watcher asks every few seconds. */
  async info(): Promise<EngineInfo> {
    const version = await this.version()
    await this.#claim?.renew()
    // One after the other, because dockerode cannot cancel this one when the engine hangs.
    return { version, imagePresent: await this.#hasImage() }
  }

  async list(): Promise<Sandbox[]> {
    const listed = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label: [LABEL.instance] }, abortSignal }),
    )
    const refs = listed.filter(({ Labels }) => isOurs(Labels, this.#options.node)).map(({ Id }) => Id)
    this.#stats.forgetAllBut(refs)
    return this.#cache.inspectAll(refs)
  }

  async events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>> {
    const filters = { type: ['container' as const], label: [LABEL.instance], event: WATCHED }
    // Docker answers before it subscribes; with `since` it replays what happened in between.
    const since = Date.now() / 1000
    const stream = await this.#client.stream(
      TIMEOUT_MS.command,
      (docker, abortSignal) => docker.getEvents({ filters, since, abortSignal }),
      signal,
    )
    return sandboxEvents(stream, signal, this.#client.url, (message) => this.#observe(message))
  }

  async create(spec: SandboxSpec, progress: Progress): Promise<string> {
    await this.#volumes.assertUnused(spec.volume, spec.instanceId)
    const { ref, isNew } = await this.#networks.withNetwork(spec.group, (network) =>
      this.#containers.create(spec, network, progress),
    )
    try {
      await this.#volumes.assertUnused(spec.volume, spec.instanceId, true)
      if (spec.files.length > 0) await this.#files.put(ref, spec.files, isNew)
    } catch (error) {
      // The sandbox would be incomplete. Why it is matters more than whether the removal works.
      await this.remove(ref).catch(() => {})
      throw error
    }
    return ref
  }

  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    try {
      return await this.#files.update(ref, files)
    } catch (error) {
      if (statusOf(error) === 404) throw new EngineRefused('The sandbox no longer exists. Create it again.')
      throw error
    }
  }

  start(ref: string): Promise<void> {
    return this.#containers.start(ref)
  }

  pause(ref: string): Promise<void> {
    return this.#containers.pause(ref)
  }

  resume(ref: string): Promise<void> {
    return this.#containers.resume(ref)
  }

  restart(ref: string): Promise<void> {
    return this.#containers.restart(ref)
  }

  kill(ref: string): Promise<void> {
    return this.#containers.kill(ref)
  }

  remove(ref: string): Promise<void> {
    return this.#containers.remove(ref)
  }

  logs(ref: string, lines: number): Promise<string> {
    return this.#containers.logs(ref, lines)
  }

  stats(ref: string): Promise<SandboxStats | null> {
    return this.#stats.measure(ref)
  }

  ownVolume(volume: string): Promise<string> {
    return this.#volumes.own(volume)
  }

  ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void> {
    return this.#volumes.ensure(volume, owner)
  }

  removeVolume(volume: string): Promise<void> {
    return this.#volumes.remove(volume)
  }

  /** What organizers should know about how sandboxes are confined; a sentence each. */
  get notices(): string[] {
    return this.#containers.notices
  }

  /** Whether containers of this server exist, running or not. Throws as the port says. */
  async hasContainers(): Promise<boolean> {
    const filters = { label: [`${LABEL.node}=${this.#options.node}`] }
    const containers = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    )
    return containers.length > 0
  }

  /** Why network rules set on this machine would not reach the sandboxes; null when they would. */
  remoteReason(): Promise<string | null> {
    return remoteReason(this.#client, this.#options.connection)
  }

  /** Removes the networks of groups that have no sandbox. Throws as the port says. */
  removeUnusedNetworks(): Promise<void> {
    return this.#networks.removeUnused()
  }

  async close(): Promise<void> {
    await this.#claim?.release(() => this.#hasRemains())
    this.#client.close()
  }

  /** Whether containers or volumes of this server are left. */
  async #hasRemains(): Promise<boolean> {
    const filters = { label: [`${LABEL.node}=${this.#options.node}`] }
    const { Volumes: volumes } = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.listVolumes({ filters, abortSignal }),
    )
    return Boolean((volumes as unknown[] | null)?.length) || this.hasContainers()
  }

  async #hasImage(): Promise<boolean> {
    const name = this.#options.image.split('/').map(encodeURIComponent).join('/')
    const inspect = this.#client.request(TIMEOUT_MS.inspect, (docker) => docker.getImage(name).inspect())
    return (await tolerate(inspect, (status) => status === 404)).skipped === null
  }

  /** One message of Docker as an event of the port; null when it is about something else, or the container is already gone. */
  async #observe({ Action: action, Actor: actor }: DockerMessage): Promise<SandboxEvent | null> {
    if (!isOurs(actor.Attributes, this.#options.node) || !WATCHED.includes(action)) return null
    const event = { ref: actor.ID, instanceId: actor.Attributes[LABEL.instance] ?? '' }
    if (action === 'destroy') {
      this.#cache.forget(actor.ID)
      this.#stats.forget(actor.ID)
      return { ...event, sandbox: null }
    }
    const sandbox = this.#fromCache(actor.ID, action) ?? (await this.#cache.inspect(actor.ID))
    // Null: it was removed in the meantime, and its `destroy` follows.
    return sandbox && { ...event, sandbox }
  }

  #fromCache(ref: string, action: string): Sandbox | null {
    if (action === 'pause') return this.#cache.setStatus(ref, 'running', 'paused')
    if (action === 'unpause') return this.#cache.setStatus(ref, 'paused', 'running')
    return null
  }
}
