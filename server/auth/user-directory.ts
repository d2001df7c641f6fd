import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'

const NOBODY: ReadonlySet<string> = new Set()

/** Which users have which e-mail address, known at once: every pushed event asks. */
export class UserDirectory {
  readonly #db: Db
  #byEmail = new Map<string, Set<string>>()
  #loading: Promise<void> | null = null
  #stale = false

  constructor(db: Db, events: Events) {
    this.#db = db
    // Whatever happens to a user happens to the group.
    events.on('group', () => void this.load())
  }

  /** Reads them; while it is at it, once more for all who ask meanwhile. */
  load(): Promise<void> {
    if (this.#loading) this.#stale = true
    this.#loading ??= this.#read().finally(() => (this.#loading = null))
    return this.#loading
  }

  /** Ids of the users with this address, in any case. */
  usersOf(email: string): ReadonlySet<string> {
    return this.#byEmail.get(email.toLowerCase()) ?? NOBODY
  }

  async #read(): Promise<void> {
    do {
      this.#stale = false
      const rows = await this.#db.user.findMany({
        where: { AND: [{ email: { not: null } }, { email: { not: '' } }] },
        select: { id: true, email: true },
      })
      const byEmail = new Map<string, Set<string>>()
      for (const { id, email } of rows) {
        const key = (email as string).toLowerCase()
        byEmail.set(key, (byEmail.get(key) ?? new Set()).add(id))
      }
      this.#byEmail = byEmail
    } while (this.#stale)
  }
}
