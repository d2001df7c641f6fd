import { setTimeout as sleep } from 'node:timers/promises'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { inspectContainer } from './container-cache.ts'
import { dockerMessage, statusOf, tolerate } from './errors.ts'
import { DockerHost, type DockerHostInfo } from './host.ts'
import { readLog } from './logs.ts'
import { DockerPulls } from './pull.ts'
import { containerName, containerOptions, isOurs, LABEL, type ContainerNetwork } from './spec.ts'
import type { Progress, SandboxSpec } from '../engine.ts'

/** Seconds that a sandbox has to stop by itself before Docker kills it. */
const GRACE_SECONDS = 3

const NO_PROFILE =
  'This engine takes no seccomp profile, so sandboxes run with its own rules for system calls. They may use AF_VSOCK and io_uring where those rules allow it.'

/** How often a busy sandbox is asked to pause, and how long to wait in between. Together well below the deadline of Pausing. */
const PAUSE_ATTEMPTS = 12
const PAUSE_AGAIN_MS = 500

/** The life of a container, from creation to removal. Every method throws as the port says. */
export class DockerContainers {
  readonly #client: DockerClient
  readonly #node: string
  readonly #pulls: DockerPulls
  readonly #host: DockerHost
  /** Whether sandboxes run with Docker's own rules for system calls instead of THON's. */
  #profileRefused = false

  constructor(client: DockerClient, node: string) {
    this.#client = client
    this.#node = node
    this.#pulls = new DockerPulls(client)
    this.#host = new DockerHost(client)
  }

  /** What organizers should know about how containers are confined; a sentence each. */
  get notices(): string[] {
    return this.#profileRefused ? [NO_PROFILE] : []
  }

  /**
   * Creates the container and does not start it; pulls its image when that is missing.
   * @returns its ref, and false for `isNew` when a server that crashed had created it already
   */
  async create(
    spec: SandboxSpec,
    network: ContainerNetwork,
    progress: Progress,
  ): Promise<{ ref: string; isNew: boolean }> {
    try {
      return { ref: await this.#requestCreation(spec, network), isNew: true }
    } catch (error) {
      if (statusOf(error) === 409) return { ref: await this.#adopt(spec, error), isNew: false }
      if (statusOf(error) !== 404 || !/image/i.test(dockerMessage(error))) throw error
    }
    await this.#pulls.pull(spec.image, progress)
    return { ref: await this.#requestCreation(spec, network), isNew: true }
  }

  async start(ref: string): Promise<void> {
    const start = this.#client.request(TIMEOUT_MS.create, (docker, abortSignal) =>
      docker.getContainer(ref).start({ abortSignal }),
    )
    await tolerate(start, (status) => status === 304)
  }

  async pause(ref: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const pause = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
        docker.getContainer(ref).pause({ abortSignal }),
      )
      try {
        await tolerate(pause, (_, message) => /already paused/i.test(message))
        return
      } catch (error) {
        // runc gives up soon on a container whose processes start new ones faster than it freezes them (opencontainers/runc
        // libcontainer/cgroups/fs/freezer.go). A moment later it works.
        if (attempt === PAUSE_ATTEMPTS || !/unable to freeze/i.test(dockerMessage(error))) throw error
        await sleep(PAUSE_AGAIN_MS)
      }
    }
  }

  async resume(ref: string): Promise<void> {
    try {
      await this.#unpause(ref)
    } catch (error) {
      // Docker says "not paused" both for a running container, which is what was asked for, and for a stopped one.
      if (statusOf(error) === 404 || (await inspectContainer(this.#client, ref))?.State.Status !== 'running')
        throw error
    }
  }

  async restart(ref: string): Promise<void> {
    await this.#thaw(ref)
    await this.#client.request(TIMEOUT_MS.create, (docker, abortSignal) =>
      docker.getContainer(ref).restart({ t: GRACE_SECONDS, abortSignal }),
    )
  }

  async kill(ref: string): Promise<void> {
    await this.#thaw(ref)
    const stop = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).stop({ t: GRACE_SECONDS, abortSignal }),
    )
    await tolerate(stop, (status) => status === 304 || status === 404)
  }

  async remove(ref: string): Promise<void> {
    // `v` also removes anonymous volumes, which an image may declare; the participant's has a name and stays.
    const remove = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).remove({ force: true, v: true, abortSignal }),
    )
    const answer = await tolerate(remove, (status, message) => status === 404 || /already in progress/i.test(message))
    if (answer.skipped === 409) await this.#waitUntilRemoved(ref)
  }

  async logs(ref: string, lines: number): Promise<string> {
    if (lines < 1) return ''
    const logs = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).logs({ stdout: true, stderr: true, tail: lines, follow: false, abortSignal }),
    )
    const { value } = await tolerate(logs, (status) => status === 404)
    return value instanceof Buffer ? readLog(value) : ''
  }

  async #requestCreation(spec: SandboxSpec, network: ContainerNetwork): Promise<string> {
    const host = await this.#host.info()
    const hasSeccomp = host.hasSeccomp && !this.#profileRefused
    if (!hasSeccomp) this.#profileRefused = true
    try {
      return await this.#requestCreationOn(spec, network, { ...host, hasSeccomp })
    } catch (error) {
      // Podman, for one, takes only the path of a file.
      if (!hasSeccomp || !/seccomp/i.test(dockerMessage(error)) || statusOf(error) === null) throw error
      this.#profileRefused = true
      return this.#requestCreationOn(spec, network, { ...host, hasSeccomp: false })
    }
  }

  async #requestCreationOn(spec: SandboxSpec, network: ContainerNetwork, host: DockerHostInfo): Promise<string> {
    const body = containerOptions(spec, this.#node, host, network)
    // Given as `_body`, because dockerode would otherwise write it into the URL too, password included.
    const request = { _query: { name: containerName(spec) }, _body: body }
    const container = await this.#client.request(TIMEOUT_MS.create, (docker, abortSignal) =>
      docker.createContainer({ ...request, abortSignal }),
    )
    return container.id
  }

  /** The name is taken. When a server that crashed left this very sandbox behind, it is used. */
  async #adopt(spec: SandboxSpec, conflict: unknown): Promise<string> {
    const info = await inspectContainer(this.#client, containerName(spec))
    const labels = info?.Config.Labels
    if (info && isOurs(labels, this.#node) && labels?.[LABEL.instance] === spec.instanceId) return info.Id
    throw conflict
  }

  async #unpause(ref: string): Promise<void> {
    await this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).unpause({ abortSignal }),
    )
  }

  /** With cgroup v1, a signal reaches a frozen process only after it is thawed. */
  async #thaw(ref: string): Promise<void> {
    const info = await inspectContainer(this.#client, ref)
    if (!info?.State.Paused) return
    await tolerate(this.#unpause(ref), (_, message) => /not paused|no such container/i.test(message))
  }

  async #waitUntilRemoved(ref: string): Promise<void> {
    const wait = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).wait({ condition: 'removed', abortSignal }),
    )
    await tolerate(wait, (status) => status === 404)
  }
}
