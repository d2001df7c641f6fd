import type { ContainerStats } from 'dockerode'

/** Logs longer than this are cut at their start, in bytes. */
const LOG_LIMIT = 64 * 1024

/**
 * The text of a container's log. Docker sends stdout and stderr in frames of an 8-byte header (stream, 3 zeros, big-endian
 * length) and that many bytes. Returns the last 64 KiB, from the start of a line.
 */
export function readLog(frames: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= frames.length;) {
    const length = frames.readUInt32BE(at + 4)
    parts.push(frames.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const all = Buffer.concat(parts)
  if (all.length <= LOG_LIMIT) return all.toString()
  const tail = all.subarray(-LOG_LIMIT)
  const lineEnd = tail.indexOf(10)
  // Without a line end, what is left of a cut character is dropped instead.
  return lineEnd >= 0 && lineEnd < tail.length - 1
    ? tail.subarray(lineEnd + 1).toString()
    : tail.toString().replace(/^\uFFFD+/, '')
}

/** How much CPU time was used, by the container and by the whole machine, both in nanoseconds. */
export interface CpuSample {
  container: number
  machine: number
}

/** The CPU sample in an answer, or null when the container did not run. */
export function cpuSample(stats: ContainerStats['cpu_stats'] | undefined): CpuSample | null {
  if (!stats?.system_cpu_usage) return null
  return { container: stats.cpu_usage.total_usage, machine: stats.system_cpu_usage }
}

/** Docker's own formula: 100 is one core busy all the time between the two samples. */
export function cpuPercent(before: CpuSample, now: CpuSample, cores: number): number {
  const machine = now.machine - before.machine
  const container = now.container - before.container
  return machine > 0 && container > 0 ? (container / machine) * cores * 100 : 0
}

/** Memory in use as `docker stats` shows it: without the page cache that can be dropped. Null when it does not run. */
export function memoryInUse(memory: ContainerStats['memory_stats'] | undefined): number | null {
  if (memory?.usage === undefined) return null
  const stats = memory.stats as { total_inactive_file?: number; inactive_file?: number } | undefined
  // cgroup v1 has the total of all children, v2 only the one number.
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0
  return cache < memory.usage ? memory.usage - cache : memory.usage
}
