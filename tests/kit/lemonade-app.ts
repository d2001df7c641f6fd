import { startApp, type Frames, type TestApp } from './app.ts'
import { LemonadeStandIn } from './lemonade.ts'

/** How every source is: its age, and what is wrong. */
export const TROUBLE = 'asOf trouble { kind message since }'
/** Every field of the status. */
export const STATUS = `endpoint openaiUrl hasApiKey hasAdminKey online ${TROUBLE} version model contextSize users webSocketPort
  loaded { name checkpoint recipe type state busy alive pinned contextSize maxContext slots }
  loads { model state by message }`

/** What is wrong with a source. */
export interface Trouble {
  kind: string
  message: string
  since: string
}

/** Some of its status. */
export interface Status {
  online: boolean | null
  asOf: string | null
  trouble: Trouble | null
  model: string | null
  users: number | null
  loads: { model: string; state: string; by: string; message: string | null }[]
}

/** A THON beside a Lemonade that answers as recorded. @param key what that wants to be shown */
export async function hall(environment: Record<string, string> = {}, key?: string) {
  const lemonade = await LemonadeStandIn.start(key)
  return { lemonade, app: await startApp({ ...lemonade.environment, ...environment }) }
}

/** The answer of one field. */
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
