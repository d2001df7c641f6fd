import { createHash } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { UpstreamFailure } from '../upstream/polled-resource.ts'
import type { Apisix } from './apisix.ts'
import type { Present, Setup, Wanted } from './model.ts'
import { compare, owns, type Due } from './plan.ts'
import { readConsumer, wantedConsumers } from './desired.ts'

/** Where the keys of people are. */
export interface KeysDeps {
  setup: Setup
  apisix: Apisix
  /** Everything that is there and should be, which takes a list of all consumers. @throws UpstreamTrouble */
  find: () => Promise<{ compared: ReturnType<typeof compare> }>
}

/** Whose key is which, and which of them sandboxes were given. */
export class Keys {
  readonly #db: Db
  readonly #log: Log

  constructor(db: Db, log: Log) {
    this.#db = db
    this.#log = log
  }

  /** The consumer of a user, or of their group, with its key; null when there is none. @throws UpstreamTrouble */
  async of(userId: string, { setup, apisix, find }: KeysDeps): Promise<{ username: string; key: string } | null> {
    const user = await this.#db.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (!user) return null
    const team = { id: user.groupId, name: user.group.name, users: [{ id: userId, username: user.username }] }
    const [wanted] = wantedConsumers([team], setup)
    // Nearly always it has the name it would get now: a thousand sandboxes that start do not ask for a thousand lists.
    const value = wanted && (await apisix.get('consumers', wanted.username))
    const present = value ? readConsumer(value) : null
    if (wanted && present && owns(present, wanted)) return withKey(present)
    const { compared } = await find()
    const due = compared.due.find((one) => isOf(one.wanted, userId, user.groupId))
    return due?.present ? withKey(due.present) : null
  }

  /** Remembers what was put into somebody's sandbox, as a hash. Never throws. @param key null when there was none */
  async note(userId: string, key: string | null): Promise<void> {
    const hash = hashOf(key)
    try {
      await this.#db.issuedKey.upsert({ where: { userId }, create: { userId, hash }, update: { hash } })
    } catch (error) {
      // Somebody may just have removed the user; a sandbox is worth more than knowing whose key is old.
      this.#log.warn({ userId, err: messageOf(error) }, 'it was not noted which key a sandbox has')
    }
  }

  /** Ids of running instances that were given another key than their person has, or none. */
  async outdatedIn(due: readonly Due[]): Promise<string[]> {
    const current = new Map(
      due.flatMap(({ wanted, present }) => (present?.key ? [[ownerOf(wanted), hashOf(present.key)] as const] : [])),
    )
    const rows = await this.#db.instance.findMany({
      where: { state: 'Running', user: { issuedKey: { isNot: null } } },
      select: { id: true, user: { select: { id: true, groupId: true, issuedKey: true } } },
      orderBy: { id: 'asc' },
    })
    return rows
      .filter(({ user }) => {
        const now = user && (current.get(user.id) ?? current.get(user.groupId))
        return now && now !== user.issuedKey?.hash
      })
      .map(({ id }) => id)
  }
}

function isOf(wanted: Wanted, userId: string, groupId: string): boolean {
  return wanted.type === 'USER' ? wanted.userId === userId : wanted.groupId === groupId
}

/** Whom a key is for: the ids of users and groups are never equal. */
function ownerOf({ userId, groupId }: Wanted): string {
  return userId ?? groupId
}

function withKey({ username, key }: Present): { username: string; key: string } | null {
  return key === null ? null : { username, key }
}

function hashOf(key: string | null): string {
  return key === null ? '' : createHash('sha256').update(key).digest('hex')
}

/** Why a key could not be asked for, for people who need not know where the gateway is. */
export function forParticipants(error: unknown): string {
  const kind = error instanceof UpstreamFailure ? error.kind : 'FAULTY'
  const why = { OFFLINE: 'it does not answer', SLOW: 'it does not answer in time', UNAUTHORIZED: 'it refuses THON' }
  return kind === 'FAULTY' ? 'it is in trouble' : why[kind]
}
