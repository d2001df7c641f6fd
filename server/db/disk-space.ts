import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

const EVERY_MS = 15_000
const LOW_BYTES = 500 * 1024 * 1024

/** Watches how much room is left on the disk with the database, so that the dashboard can say so before writes fail. */
export class DiskWatch {
  readonly #dir: string
  readonly #onChange: () => void
  #timer: NodeJS.Timeout | undefined
  #notice: string | null = null

  /** @param onChange called when the notice appears, changes or goes */
  constructor(dbPath: string, onChange: () => void) {
    this.#dir = dirname(dbPath)
    this.#onChange = onChange
  }

  /** What to tell the organizer; null while there is room. */
  get notice(): string | null {
    return this.#notice
  }

  async start(): Promise<void> {
    await this.#look()
    this.#timer = setInterval(() => void this.#look(), EVERY_MS)
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
        ? `Only ${megabytes} MB are left on the disk with ${this.#dir}. Make room, or commands will soon fail.`
        : null
    if (notice === this.#notice) return
    this.#notice = notice
    this.#onChange()
  }
}
