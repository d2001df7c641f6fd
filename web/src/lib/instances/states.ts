import type { InstanceState } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** How a state looks. */
export interface StateLook {
  tone: Tone
  /** It is on its way to another. */
  moving: boolean
}

/** The states, in the order of a life. The server says which one; nothing here derives it. */
export const states: Record<InstanceState, StateLook> = {
  PENDING: { tone: 'info', moving: true },
  RUNNING: { tone: 'success', moving: false },
  PAUSING: { tone: 'warning', moving: true },
  PAUSED: { tone: 'warning', moving: false },
  STOPPING: { tone: 'neutral', moving: true },
  TERMINATED: { tone: 'neutral', moving: false },
  FAILED: { tone: 'danger', moving: false },
}

/** "1st", "2nd", "13th". */
export function ordinal(place: number): string {
  return `${place}${suffixes[plural.select(place)]}`
}

const plural = new Intl.PluralRules('en', { type: 'ordinal' })
const suffixes: Record<Intl.LDMLPluralRule, string> = {
  one: 'st',
  two: 'nd',
  few: 'rd',
  other: 'th',
  zero: 'th',
  many: 'th',
}
