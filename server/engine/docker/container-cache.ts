import type { ContainerInspectInfo } from 'dockerode'
import PQueue from 'p-queue'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { statusOf } from './errors.ts'
import { toSandbox } from './spec.ts'
import type { Sandbox } from '../engine.ts'

/** Most containers that are inspected at the same time. */
const CONCURRENCY = 16

interface CachedContainer {
  sandbox: Sandbox
  memoryLimit: number | null
  /** Number of the request that this is the answer to; later requests have higher numbers. */
  request: number
}

/** The last known state of each container, so that a pause needs no inspection. */
export class ContainerCache {
  readonly #client: DockerClient
  readonly #containers = new Map<string, CachedContainer>()
  readonly #queue = new PQueue({ concurrency: CONCURRENCY })
  #requests = 0

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Asks Docker about a container; null when it no longer exists. Throws as the port says. */
  async inspect(ref: string): Promise<Sandbox | null> {
    const request = ++this.#requests
    const info = await inspectContainer(this.#client, ref)
    if (!info) return null
    const sandbox = toSandbox(info)
    // Answers may arrive out of order: an older one must not overwrite a newer one.
    if ((this.#containers.get(ref)?.request ?? 0) < request) {
      this.#containers.set(ref, { sandbox, memoryLimit: info.HostConfig.Memory || null, request })
    }
    return sandbox
  }

  /** Those of these containers that exist, in the same order. Forgets every other container. */
  async inspectAll(refs: string[]): Promise<Sandbox[]> {
    const listed = new Set(refs)
    for (const ref of this.#containers.keys()) if (!listed.has(ref)) this.forget(ref)
    const sandboxes = await this.#queue.addAll(refs.map((ref) => () => this.inspect(ref)))
    return sandboxes.filter((sandbox) => sandbox !== null)
  }

  /** The container after a pause or an unpause; null when the cache does not know it in the status `from`. */
  setStatus(ref: string, from: 'running' | 'paused', to: 'running' | 'paused'): Sandbox | null {
    const cached = this.#containers.get(ref)
    if (cached?.sandbox.status !== from) return null
    cached.sandbox = { ...cached.sandbox, status: to }
    cached.request = ++this.#requests
    return cached.sandbox
  }

  /** The memory limit in bytes, null for none; inspects the container when it is not cached. */
  async memoryLimit(ref: string): Promise<number | null> {
    if (!this.#containers.has(ref)) await this.inspect(ref)
    return this.#containers.get(ref)?.memoryLimit ?? null
  }

  forget(ref: string): void {
    this.#containers.delete(ref)
  }
}

/** Everything Docker knows about a container, by id or name; null when it does not exist. */
export async function inspectContainer(client: DockerClient, ref: string): Promise<ContainerInspectInfo | null> {
  try {
    return await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.getContainer(ref).inspect({ abortSignal }),
    )
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}
