import type { Log } from './log.ts'

/** How long after a failed reading the next one begins, in milliseconds. */
const RETRY_MS = 1_000

/** Does something that nobody waits for. Its failure is one line in the log, and nothing else happens. */
export function inBackground(log: Log, what: string, work: () => unknown): void {
  const failed = (error: unknown) => log.error({ err: error }, `${what} failed`)
  try {
    Promise.resolve(work()).catch(failed)
  } catch (error) {
    failed(error)
  }
}

/**
 * Something read into memory, and read again after each change. Calls during a reading share one more, which follows it.
 */
export class Refresher {
  readonly #read: () => Promise<void>
  readonly #log: Log
  readonly #what: string
  #reading: Promise<void> | null = null
  #retry: NodeJS.Timeout | undefined
  /** Calls so far. */
  #calls = 0

  /** @param what is read, for the log, such as `reading the users` */
  constructor(read: () => Promise<void>, log: Log, what: string) {
    this.#read = read
    this.#log = log
    this.#what = what
  }

  /** Reads. Resolves when what is in memory is at least as new as this call. @throws as the reading does */
  now(): Promise<void> {
    this.#calls += 1
    this.#reading ??= this.#readUntilCurrent().finally(() => (this.#reading = null))
    return this.#reading
  }

  /** Reads in the background. What is in memory stays while readings fail; they are tried again until one succeeds. */
  soon(): void {
    inBackground(this.#log, this.#what, () =>
      this.now().catch((error: unknown) => {
        clearTimeout(this.#retry)
        this.#retry = setTimeout(() => this.soon(), RETRY_MS).unref()
        throw error
      }),
    )
  }

  /** Stops trying again. */
  close(): void {
    clearTimeout(this.#retry)
  }

  async #readUntilCurrent(): Promise<void> {
    let calls: number
    do {
      calls = this.#calls
      await this.#read()
    } while (calls !== this.#calls)
  }
}
