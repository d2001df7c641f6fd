import { createClient } from '@redis/client'
import { messageOf } from '../../core/errors.ts'
import type { Reachable, Setup } from '../model.ts'

const WITHIN = 2_000

/** Whether a Redis answers, and takes the password. Never throws. */
export async function lookAtRedis({ host, port, password }: NonNullable<Setup['redis']>): Promise<Reachable> {
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
  if (code === 'ENOTFOUND') return 'there is no such host'
  if (messageOf(error).startsWith('WRONGPASS')) return 'it refuses the password'
  if (messageOf(error).startsWith('NOAUTH')) return 'it wants a password'
  const text = messageOf(error).replace(/[.]$/, '') || 'it does not answer'
  return password ? text.replaceAll(password, '…') : text
}
