import type { SandboxStats } from '../engine.ts'
import { descendants } from './process-table.ts'

interface Sample {
  pid: number
  cpuSeconds: number
  /** Monotonic time in milliseconds. */
  at: number
}

/** Measures processes with everything they started. CPU usage is the mean since the previous measurement. */
export class CpuMeter {
  readonly #last = new Map<string, Sample>()

  /** The usage of the process tree of `pid`; null when that no longer exists. The first measurement has 0 % CPU. */
  async measure(ref: string, pid: number): Promise<SandboxStats | null> {
    const tree = await descendants(pid)
    if (tree.length === 0) return null
    const now = { pid, cpuSeconds: tree.reduce((sum, info) => sum + info.cpuSeconds, 0), at: performance.now() }
    const before = this.#last.get(ref)
    this.#last.set(ref, now)
    const memoryBytes = tree.reduce((sum, info) => sum + info.memoryBytes, 0)
    return { cpuPercent: before?.pid === pid ? share(before, now) : 0, memoryBytes, memoryLimitBytes: null }
  }

  forget(ref: string): void {
    this.#last.delete(ref)
  }
}

/** Percent of one core. A child that exited takes its time out of the sum, which can make it negative: 0 then. */
function share(before: Sample, now: Sample): number {
  const seconds = (now.at - before.at) / 1000
  return seconds > 0 ? Math.max(0, ((now.cpuSeconds - before.cpuSeconds) / seconds) * 100) : 0
}
