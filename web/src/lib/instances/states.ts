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
  Pending: { tone: 'info', moving: true },
  Running: { tone: 'success', moving: false },
  Pausing: { tone: 'warning', moving: true },
  Paused: { tone: 'warning', moving: false },
  Stopping: { tone: 'neutral', moving: true },
  Terminated: { tone: 'neutral', moving: false },
  Failed: { tone: 'danger', moving: false },
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
