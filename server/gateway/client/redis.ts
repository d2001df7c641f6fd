import { createClient } from '@redis/client'
import { describeError } from '../../core/errors.ts'
import type { Reachability, GatewayConfig } from '../model.ts'

const TIMEOUT_MS = 2_000

/** Whether a Redis answers and accepts the password. Never throws. */
export async function checkRedis({ host, port, password }: NonNullable<GatewayConfig['redis']>): Promise<Reachability> {
  const socket = { host, port, connectTimeout: TIMEOUT_MS, reconnectStrategy: false as const }
  const client = createClient({ socket, disableOfflineQueue: true, ...(password && { password }) })
  client.on('error', () => undefined)
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error('no answer within 2 seconds')), TIMEOUT_MS)
  try {
    await Promise.race([client.connect().then(() => client.ping()), timeout.promise])
    return { reachable: true, message: null }
  } catch (error) {
    return { reachable: false, message: `Redis at ${host}:${port} is unavailable: ${reasonOf(error, password)}.` }
  } finally {
    clearTimeout(timer)
    client.destroy()
  }
}

function reasonOf(error: unknown, password: string | null): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND') return 'the host name is unknown'
  if (describeError(error).startsWith('WRONGPASS')) return 'it rejects the password'
  if (describeError(error).startsWith('NOAUTH')) return 'it asks for a password'
  const text = describeError(error).replace(/[.]$/, '') || 'it does not answer'
  return password ? text.replaceAll(password, '…') : text
}
