import type { Db } from '../db/client.ts'
import { Refresher } from '../core/background.ts'
import type { Events } from '../core/events.ts'
import type { Log } from '../core/log.ts'

const NONE: ReadonlySet<string> = new Set()

/** Which users have which e-mail address, in memory: every pushed event asks. */
export class UserDirectory {
  readonly #db: Db
  readonly #refresher: Refresher
  #byEmail = new Map<string, Set<string>>()

  constructor(db: Db, events: Events, log: Log) {
    this.#db = db
    this.#refresher = new Refresher(() => this.#read(), log, 'reading the e-mail addresses of users')
    // Every change of a user is published as a change of its group.
    events.on('group', () => this.#refresher.soon())
  }

  /** Reads all addresses. Calls during a read share one more read, which follows it. */
  load(): Promise<void> {
    return this.#refresher.now()
  }

  /** Ids of the users with this address, in any case. */
  usersOf(email: string): ReadonlySet<string> {
    return this.#byEmail.get(email.toLowerCase()) ?? NONE
  }

  async #read(): Promise<void> {
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
  }
}
