import type { SandboxStats } from '../engine.ts'
import { descendants } from './process-table.ts'

interface Sample {
  pid: number
  cpuSeconds: number
  /** Milliseconds since some fixed moment. */
  at: number
}

/** Measures what processes use, with all that they started. CPU is the mean since the measurement before. */
export class CpuMeter {
  readonly #last = new Map<string, Sample>()

  /** What the tree of process `pid` uses, null when it is gone. The first measurement knows of no CPU use yet. */
  async measure(ref: string, pid: number): Promise<SandboxStats | null> {
    const tree = await descendants(pid)
    if (tree.length === 0) return null
    const now = { pid, cpuSeconds: tree.reduce((sum, info) => sum + info.cpuSeconds, 0), at: performance.now() }
    const before = this.#last.get(ref)
    this.#last.set(ref, now)
    const memoryBytes = tree.reduce((sum, info) => sum + info.memoryBytes, 0)
    return { cpuPercent: before?.pid === pid ? share(before, now) : 0, memoryBytes, memoryLimitBytes: null }
  }

  /** Drops what is kept of a sandbox that is gone. */
  forget(ref: string): void {
    this.#last.delete(ref)
  }
}

/** Percent of one core. A child that ended takes its time out of the sum: then there is nothing to tell. */
function share(before: Sample, now: Sample): number {
  const seconds = (now.at - before.at) / 1000
  return seconds > 0 ? Math.max(0, ((now.cpuSeconds - before.cpuSeconds) / seconds) * 100) : 0
}
