import type { ContainerInspectInfo } from 'dockerode'
import { WITHIN, type DockerClient } from './client.ts'
import type { CpuSample } from './stats.ts'
import { statusOf } from './errors.ts'
import { toSandbox } from './spec.ts'
import type { Sandbox } from '../engine.ts'

/** How many containers are asked about at the same time. */
const LOOKS = 16

interface Seen {
  sandbox: Sandbox
  memoryLimit: number | null
  /** When we asked, as a count of questions. */
  asked: number
}

/** What was last seen of each container, so that a pause need not be looked up. */
export class ContainerCache {
  readonly #client: DockerClient
  readonly #seen = new Map<string, Seen>()
  readonly #cpu = new Map<string, CpuSample>()
  #questions = 0

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Asks Docker about a container; null when it is gone. Throws as the port says. */
  async look(ref: string): Promise<Sandbox | null> {
    const asked = ++this.#questions
    const info = await inspect(this.#client, ref)
    if (!info) return null
    const sandbox = toSandbox(info)
    // An answer to an earlier question must not overwrite that to a later one.
    if ((this.#seen.get(ref)?.asked ?? 0) < asked) {
      this.#seen.set(ref, { sandbox, memoryLimit: info.HostConfig.Memory || null, asked })
    }
    return sandbox
  }

  /** All of these that are there, in the same order; forgets every other container. */
  async lookAll(refs: string[]): Promise<Sandbox[]> {
    const listed = new Set(refs)
    for (const ref of [...this.#seen.keys(), ...this.#cpu.keys()]) if (!listed.has(ref)) this.forget(ref)
    const sandboxes: (Sandbox | null)[] = []
    const next = refs.entries()
    const work = async () => {
      for (const [index, ref] of next) sandboxes[index] = await this.look(ref)
    }
    await Promise.all(Array.from({ length: LOOKS }, work))
    return sandboxes.filter((sandbox) => sandbox !== null)
  }

  /** What pausing or resuming makes of what was last seen; null when that cannot be told without looking. */
  turn(ref: string, from: 'running' | 'paused', to: 'running' | 'paused'): Sandbox | null {
    const seen = this.#seen.get(ref)
    if (seen?.sandbox.status !== from) return null
    seen.sandbox = { ...seen.sandbox, status: to }
    seen.asked = ++this.#questions
    return seen.sandbox
  }

  /** The memory limit in bytes, null for none; asked for when it is not known. */
  async memoryLimit(ref: string): Promise<number | null> {
    if (!this.#seen.has(ref)) await this.look(ref)
    return this.#seen.get(ref)?.memoryLimit ?? null
  }

  /** The CPU sample of the last measurement, if there was one. */
  cpu(ref: string): CpuSample | undefined {
    return this.#cpu.get(ref)
  }

  /** Keeps a CPU sample for the next measurement; null forgets it. */
  keepCpu(ref: string, sample: CpuSample | null): void {
    if (sample) this.#cpu.set(ref, sample)
    else this.#cpu.delete(ref)
  }

  /** Forgets one container. */
  forget(ref: string): void {
    this.#seen.delete(ref)
    this.#cpu.delete(ref)
  }
}

/** Everything Docker knows of a container, by id or name; null when it is gone. */
export async function inspect(client: DockerClient, ref: string): Promise<ContainerInspectInfo | null> {
  try {
    return await client.ask(WITHIN.look, (docker, abortSignal) => docker.getContainer(ref).inspect({ abortSignal }))
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}
