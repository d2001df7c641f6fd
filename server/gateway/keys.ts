import { createHash, randomBytes } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { describeError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Apisix } from './client/apisix.ts'
import type { DesiredConsumer, ExistingConsumer, GatewayConfig } from './model.ts'
import { desiredConsumers, readConsumer } from './reconcile/desired.ts'
import { matches, type ConsumerDiff, type PendingChange } from './reconcile/plan.ts'

/** How to look for a key. */
export interface KeyLookup {
  config: GatewayConfig
  apisix: Apisix
  /** Compares the whole gateway with the database, which takes a list of all consumers. @throws UpstreamFailure */
  inspect: () => Promise<{ diff: ConsumerDiff }>
}

/** Which key belongs to which user, and which one their sandbox got. */
export class Keys {
  readonly #db: Db
  readonly #log: Log

  constructor(db: Db, log: Log) {
    this.#db = db
    this.#log = log
  }

  /** The consumer of a user or their group, with its key; null when they do not have one. @throws UpstreamFailure */
  async find(
    userId: string,
    { config, apisix, inspect }: KeyLookup,
  ): Promise<{ username: string; key: string } | null> {
    const user = await this.#db.user.findUnique({ where: { id: userId }, include: { group: true } })
    if (!user) return null
    const group = { id: user.groupId, name: user.group.name, users: [{ id: userId, username: user.username }] }
    const [desired] = desiredConsumers([group], config)
    // Nearly always it has the name it would get now, so a thousand starting sandboxes do not take a thousand lists.
    const value = desired && (await apisix.get('consumers', desired.username))
    const existing = value ? readConsumer(value) : null
    if (desired && existing && matches(existing, desired)) return withKey(existing)
    const { diff } = await inspect()
    const change = diff.changes.find((one) => isFor(one.desired, userId, user.groupId))
    return change?.existing ? withKey(change.existing) : null
  }

  /** Remembers which key a user's sandbox got, as a hash. Never throws. @param key null when it got none */
  async recordIssued(userId: string, key: string | null): Promise<void> {
    const hash = hashOf(key)
    try {
      await this.#db.issuedKey.upsert({ where: { userId }, create: { userId, hash }, update: { hash } })
    } catch (error) {
      // The user may have just been deleted, and a sandbox must not fail for this.
      this.#log.warn({ userId, err: describeError(error) }, 'could not record which key a sandbox got')
    }
  }

  /** Ids of running instances that got a different key from the one their user has now, or none. */
  async outdatedInstances(changes: readonly PendingChange[]): Promise<string[]> {
    const currentHashes = new Map(
      changes.flatMap(({ desired, existing }) =>
        existing?.key ? [[ownerIdOf(desired), hashOf(existing.key)] as const] : [],
      ),
    )
    const rows = await this.#db.instance.findMany({
      where: { state: 'Running', user: { issuedKey: { isNot: null } } },
      select: { id: true, user: { select: { id: true, groupId: true, issuedKey: true } } },
      orderBy: { id: 'asc' },
    })
    return rows
      .filter(({ user }) => {
        const current = user && (currentHashes.get(user.id) ?? currentHashes.get(user.groupId))
        return current && current !== user.issuedKey?.hash
      })
      .map(({ id }) => id)
  }
}

/** A new random key of 32 characters. */
export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

function isFor(desired: DesiredConsumer, userId: string, groupId: string): boolean {
  return desired.type === 'USER' ? desired.userId === userId : desired.groupId === groupId
}

/** Ids of users and groups are never equal, so one map can hold both. */
function ownerIdOf({ userId, groupId }: DesiredConsumer): string {
  return userId ?? groupId
}

function withKey({ username, key }: ExistingConsumer): { username: string; key: string } | null {
  return key === null ? null : { username, key }
}

function hashOf(key: string | null): string {
  return key === null ? '' : createHash('sha256').update(key).digest('hex')
}
