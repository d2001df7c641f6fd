import { createClient } from '@redis/client'
import { messageOf } from '../errors.ts'
import type { Reachable, Setup } from './model.ts'

const WITHIN = 2_000
/** How long an answer counts, in milliseconds. */
const EVERY = 10_000

/** Says whether the Redis of the settings answers, and takes the password. */
export class RedisProbe {
  #answer: Reachable | null = null
  #of = ''
  #askedAt = -Infinity

  /** @returns null where none is set. Never throws */
  async look(redis: Setup['redis']): Promise<Reachable | null> {
    if (redis === null) return null
    const of = JSON.stringify(redis)
    if (!this.#answer || of !== this.#of || performance.now() - this.#askedAt >= EVERY) {
      this.#answer = await ping(redis)
      this.#of = of
      this.#askedAt = performance.now()
    }
    return this.#answer
  }
}

async function ping({ host, port, password }: NonNullable<Setup['redis']>): Promise<Reachable> {
  const socket = { host, port, connectTimeout: WITHIN, reconnectStrategy: false as const }
  const client = createClient({ socket, disableOfflineQueue: true, ...(password && { password }) })
  client.on('error', () => undefined)
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('no answer within 2 seconds')), WITHIN)
  try {
    await Promise.race([client.connect().then(() => client.ping()), late.promise])
    return { reachable: true, message: null }
  } catch (error) {
    return { reachable: false, message: `Redis at ${host}:${port} cannot be used: ${reasonOf(error, password)}.` }
  } finally {
    clearTimeout(timer)
    client.destroy()
  }
}

function reasonOf(error: unknown, password: string | null): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  const text = messageOf(error) || 'it does not answer'
  return password ? text.replaceAll(password, '…') : text
}
