import type { ContainerStats } from 'dockerode'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import type { ContainerCache } from './container-cache.ts'
import { tolerate } from './errors.ts'
import type { SandboxStats } from '../engine.ts'

/** CPU time used by the container and by the whole machine, both in nanoseconds. */
interface CpuSample {
  container: number
  machine: number
}

/** Measures containers. CPU usage is the mean since the previous measurement. */
export class DockerStats {
  readonly #client: DockerClient
  readonly #cache: ContainerCache
  readonly #samples = new Map<string, CpuSample>()

  constructor(client: DockerClient, cache: ContainerCache) {
    this.#client = client
    this.#cache = cache
  }

  /** One measurement, or null when the container does not run. */
  async measure(ref: string): Promise<SandboxStats | null> {
    const before = this.#samples.get(ref)
    // With an earlier sample, Docker need not wait a second to take two samples itself.
    const query = { stream: false as const, 'one-shot': before !== undefined }
    const request = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).stats({ ...query, abortSignal } as typeof query),
    )
    const { value } = await tolerate(request, (status) => status === 404)
    const now = cpuSample(value?.cpu_stats)
    if (now) this.#samples.set(ref, now)
    else this.forget(ref)
    const memoryBytes = memoryInUse(value?.memory_stats)
    if (!value || !now || memoryBytes === null) return null
    const cores = value.cpu_stats.online_cpus || 1
    const first = cpuSample(value.precpu_stats) ?? before
    const memoryLimitBytes = await this.#cache.memoryLimit(ref)
    return { cpuPercent: first ? cpuPercent(first, now, cores) : 0, memoryBytes, memoryLimitBytes }
  }

  forget(ref: string): void {
    this.#samples.delete(ref)
  }

  /** Forgets every container but these. */
  forgetAllBut(refs: Iterable<string>): void {
    const kept = new Set(refs)
    for (const ref of this.#samples.keys()) if (!kept.has(ref)) this.forget(ref)
  }
}

/** The CPU sample in an answer; null when the container did not run. */
function cpuSample(stats: ContainerStats['cpu_stats'] | undefined): CpuSample | null {
  if (!stats?.system_cpu_usage) return null
  return { container: stats.cpu_usage.total_usage, machine: stats.system_cpu_usage }
}

/** Docker's own formula: 100 is one core busy all the time between the two samples. */
function cpuPercent(before: CpuSample, now: CpuSample, cores: number): number {
  const machine = now.machine - before.machine
  const container = now.container - before.container
  return machine > 0 && container > 0 ? (container / machine) * cores * 100 : 0
}

/** Memory in use as `docker stats` shows it, without page cache that can be dropped. Null when the container does not run. */
function memoryInUse(memory: ContainerStats['memory_stats'] | undefined): number | null {
  if (memory?.usage === undefined) return null
  const stats = memory.stats as { total_inactive_file?: number; inactive_file?: number } | undefined
  // cgroup v1 has the total of all children, v2 only the one number.
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0
  return cache < memory.usage ? memory.usage - cache : memory.usage
}
