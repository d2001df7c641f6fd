import { startApp, type Frames, type TestApp } from './app.ts'
import { LemonadeStandIn } from './lemonade.ts'

/** What everything that is polled has: its age, and what is wrong. */
export const POLLED = 'asOf error { kind message since }'
/** Every field of the status. */
export const STATUS = `endpoint openaiUrl hasApiKey hasAdminKey online ${POLLED} version model contextSize users webSocketPort
  loaded { name checkpoint recipe type state busy alive pinned contextSize maxContext slots }
  loads { model state by message }`

/** Why values are out of date. */
export interface ErrorFrame {
  kind: string
  message: string
  since: string
}

/** Part of the status. */
export interface Status {
  online: boolean | null
  asOf: string | null
  error: ErrorFrame | null
  model: string | null
  users: number | null
  loads: { model: string; state: string; by: string; message: string | null }[]
}

/** A THON with a Lemonade that answers as recorded. @param key the only key which that Lemonade accepts */
export async function startWithLemonade(environment: Record<string, string> = {}, key?: string) {
  const lemonade = await LemonadeStandIn.start(key)
  return { lemonade, app: await startApp({ ...lemonade.environment, ...environment }) }
}

/** The answer of one query field. */
export async function ask<T>(app: TestApp, field: string, fields: string): Promise<T> {
  return (await app.execute<Record<string, T>>(`{ ${field} { ${fields} } }`))[field] as T
}

/** The first frame that satisfies. */
export async function frameWith<T>(frames: Frames<Record<string, T>>, satisfies: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = Object.values(await frames.next())[0] as T
    if (satisfies(value)) return value
  }
}
