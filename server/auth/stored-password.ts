import { randomBytes, randomInt, scrypt, timingSafeEqual, type BinaryLike } from 'node:crypto'
import { promisify } from 'node:util'
import type { ActivityService } from '../activity/service.ts'
import { Conflict } from '../core/errors.ts'
import { authorize } from '../core/permissions.ts'
import { organizer, type Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'

const derive = promisify<BinaryLike, BinaryLike, number, Buffer>(scrypt)

/** Name of the stored hash among the secrets. */
const NAME = 'local-password'
/** Letters and digits that people do not mistake for each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
/** 20 of them are 99 random bits, written in groups of five. */
const LENGTH = 20
const GROUP = 5

/** What the store needs. */
export interface StoredPasswordDeps {
  db: Db
  activity: ActivityService
  /** Whether the environment configures a login, which takes precedence. */
  configured: boolean
}

/** A local password that was generated on the dashboard of a server without a login. The database has its scrypt hash. */
export class StoredPassword {
  readonly #deps: StoredPasswordDeps
  #hash: string | null = null

  constructor(deps: StoredPasswordDeps) {
    this.#deps = deps
  }

  /** Reads the hash once, at the start. */
  async load(): Promise<void> {
    const row = this.#deps.configured ? null : await this.#deps.db.secret.findUnique({ where: { name: NAME } })
    this.#hash = row?.value ?? null
  }

  /** Whether people have to sign in with it. */
  get isSet(): boolean {
    return this.#hash !== null
  }

  /** Takes the same time for every password. */
  async matches(given: string): Promise<boolean> {
    const [salt = '', right = ''] = (this.#hash ?? '').split(':')
    const hash = await derive(given, Buffer.from(salt, 'hex'), 32)
    return this.isSet && timingSafeEqual(hash, Buffer.from(right, 'hex'))
  }

  /**
   * Generates one. From now on people have to sign in; who was here without a login is signed out.
   * @returns the password, which is not shown again
   * @throws Conflict when there is a login already, Forbidden
   */
  async create(viewer: Viewer): Promise<string> {
    authorize(viewer, 'access.manage')
    const { activity, configured } = this.#deps
    const target = { kind: 'setting', id: null, label: 'login' } as const
    const password = generate()
    const salt = randomBytes(16)
    const value = `${salt.toString('hex')}:${(await derive(password, salt, 32)).toString('hex')}`
    const before = this.#hash
    try {
      await activity.act(viewer, 'set local password', target, async (tx) => {
        if (configured || this.isSet)
          throw new Conflict('There is a login already. To change it, set AUTH_LOCAL_PASSWORD.')
        await tx.secret.create({ data: { name: NAME, value } })
        // Before the commit, so that those who hear of it find the login required.
        this.#hash = value
        tx.publish('principal', { kind: 'ended', ids: new Set([organizer.id]) })
      })
    } catch (error) {
      if (this.#hash === value) this.#hash = before
      throw error
    }
    return password
  }
}

function generate(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return (letters.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')
}
