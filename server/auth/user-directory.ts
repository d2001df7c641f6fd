import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'

const NONE: ReadonlySet<string> = new Set()

/** Which users have which e-mail address, in memory: every pushed event asks. */
export class UserDirectory {
  readonly #db: Db
  #byEmail = new Map<string, Set<string>>()
  #loading: Promise<void> | null = null
  /** Calls of `load` so far. */
  #calls = 0

  constructor(db: Db, events: Events) {
    this.#db = db
    // Every change of a user is published as a change of its group.
    events.on('group', () => void this.load())
  }

  /** Reads all addresses. Calls during a read share one more read, which follows it. */
  load(): Promise<void> {
    this.#calls += 1
    this.#loading ??= this.#readUntilCurrent().finally(() => (this.#loading = null))
    return this.#loading
  }

  /** Ids of the users with this address, in any case. */
  usersOf(email: string): ReadonlySet<string> {
    return this.#byEmail.get(email.toLowerCase()) ?? NONE
  }

  async #readUntilCurrent(): Promise<void> {
    let calls: number
    do {
      calls = this.#calls
      this.#byEmail = await this.#read()
    } while (calls !== this.#calls)
  }

  async #read(): Promise<Map<string, Set<string>>> {
    const rows = await this.#db.user.findMany({
      where: { AND: [{ email: { not: null } }, { email: { not: '' } }] },
      select: { id: true, email: true },
    })
    const byEmail = new Map<string, Set<string>>()
    for (const { id, email } of rows) {
      const key = (email as string).toLowerCase()
      byEmail.set(key, (byEmail.get(key) ?? new Set()).add(id))
    }
    return byEmail
  }
}
