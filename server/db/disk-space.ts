import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { inBackground } from '../core/background.ts'
import type { Log } from '../core/log.ts'

const EVERY_MS = 15_000
const LOW_BYTES = 500 * 1024 * 1024

/** Watches the free space of the disk with the database, so that the dashboard can warn before writes fail. */
export class DiskSpaceWatch {
  readonly #dir: string
  readonly #log: Log
  readonly #onChange: () => void
  #timer: NodeJS.Timeout | undefined
  #notice: string | null = null

  /** @param onChange called when the notice appears, changes or disappears */
  constructor(dbPath: string, log: Log, onChange: () => void) {
    this.#log = log
    this.#dir = dirname(dbPath)
    this.#onChange = onChange
  }

  /** A warning for organizers; null while there is space. */
  get notice(): string | null {
    return this.#notice
  }

  async start(): Promise<void> {
    await this.#look()
    this.#timer = setInterval(
      () => inBackground(this.#log, 'measuring the free disk space', () => this.#look()),
      EVERY_MS,
    )
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#dir)
    const megabytes = Math.floor((bavail * bsize) / 1024 ** 2)
    const notice =
      bavail * bsize < LOW_BYTES
        ? `Only ${megabytes} MB are free on the disk with ${this.#dir}. Free some space, or commands will soon fail.`
        : null
    if (notice === this.#notice) return
    this.#notice = notice
    this.#onChange()
  }
}
