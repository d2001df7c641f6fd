import { z } from 'zod'
import { unreadable, type Json } from './client.ts'
import type { Pull } from './model.ts'

/** Milliseconds without a byte after which Lemonade is waiting to try again. It waits up to two minutes, and does not say so. */
const QUIET_AFTER = 10_000

const text = z.string().nullable().catch(null)
const number = z.number().nonnegative().catch(0)

const jobShape = z.object({
  ...{ id: z.string(), model_name: z.string(), status: z.string(), running: z.boolean().catch(false), error: text },
  ...{ file: text, file_index: number, total_files: number, percent: number },
  ...{ overall_bytes_downloaded: number, total_download_size: number },
})
type Job = z.infer<typeof jobShape>

/** How far a job had come when it last made progress. */
interface Mark {
  bytes: number
  /** When that many bytes were first seen, in milliseconds since 1970. */
  at: number
  bytesPerSecond: number | null
}

/** Reads Lemonade's background downloads. It remembers how far each was, to tell its speed and whether it has stalled. */
export class PullTracker {
  #marks = new Map<string, Mark>()

  /**
   * @param json the response of `GET /v1/downloads`
   * @param now milliseconds since 1970
   * @throws UpstreamFailure
   */
  read(json: Json, now: number): Pull[] {
    if (!Array.isArray(json)) throw unreadable('no list of downloads')
    const jobs = json.flatMap((one) => jobShape.safeParse(one).data ?? [])
    const byId = new Map(jobs.map((job) => [job.id, { job, mark: this.#mark(job, now) }]))
    this.#marks = new Map([...byId].map(([id, { mark }]) => [id, mark]))
    return [...byId.values()].map(({ job, mark }) => toPull(job, mark, now))
  }

  #mark(job: Job, now: number): Mark {
    const bytes = job.overall_bytes_downloaded
    const before = this.#marks.get(job.id)
    if (before?.bytes === bytes) return before
    if (!before || bytes < before.bytes || now <= before.at) return { bytes, at: now, bytesPerSecond: null }
    return { bytes, at: now, bytesPerSecond: Math.round(((bytes - before.bytes) * 1000) / (now - before.at)) }
  }
}

/** The job in the response to the command that started it; null when THON cannot follow it. */
export function readPull(json: Json): Pull | null {
  const job = jobShape.safeParse(json).data
  return job ? toPull(job, { bytes: job.overall_bytes_downloaded, at: 0, bytesPerSecond: null }, 0) : null
}

function toPull(job: Job, mark: Mark, now: number): Pull {
  const quiet = job.running && now - mark.at >= QUIET_AFTER
  const state = stateOf(job, quiet)
  const total = job.total_download_size
  const isActive = state === 'DOWNLOADING' || state === 'RETRYING'
  const percent = total > 0 ? (job.overall_bytes_downloaded * 100) / total : job.total_files === 1 ? job.percent : null
  return {
    // Models that an organizer added are registered with a prefix, and listed without it.
    ...{ id: job.id, model: job.model_name.replace(/^user\./, ''), state, error: job.error },
    // Of a completed download Lemonade no longer reports sizes.
    percent: state === 'COMPLETED' ? 100 : percent === null ? null : Math.min(percent, 100),
    ...{ file: job.file || null, fileIndex: job.file_index || null, totalFiles: job.total_files || null },
    ...{ bytesDone: total > 0 ? job.overall_bytes_downloaded : null, bytesTotal: total || null },
    bytesPerSecond: isActive && !quiet ? mark.bytesPerSecond : null,
    quietSince: quiet && isActive ? new Date(mark.at) : null,
  }
}

function stateOf({ status, running }: Job, quiet: boolean): Pull['state'] {
  if (status === 'completed') return 'COMPLETED'
  if (status === 'cancelled') return 'CANCELED'
  if (status === 'paused') return 'PAUSED'
  if (status === 'error' || !running) return 'FAILED'
  return quiet ? 'RETRYING' : 'DOWNLOADING'
}
