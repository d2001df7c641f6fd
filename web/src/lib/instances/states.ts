import type { InstanceState } from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** How a state is shown. */
export interface StateLook {
  label: string
  tone: Tone
  /** It changes into another by itself. */
  moving: boolean
}

/** The states, from the start of an instance to its end. */
export const states: Record<InstanceState, StateLook> = {
  PENDING: { label: 'Starting', tone: 'info', moving: true },
  RUNNING: { label: 'Running', tone: 'success', moving: false },
  PAUSING: { label: 'Pausing', tone: 'warning', moving: true },
  PAUSED: { label: 'Paused', tone: 'warning', moving: false },
  STOPPING: { label: 'Stopping', tone: 'neutral', moving: true },
  TERMINATED: { label: 'Stopped', tone: 'neutral', moving: false },
  FAILED: { label: 'Failed', tone: 'danger', moving: false },
}

/** A place in line, for lists: "47th in line". */
export function placeInLine(place: number): string {
  return `${place}${suffixes[plural.select(place)]} in line`
}

/** A place in line, for the person who waits: "2 people ahead of you." */
export function peopleAhead(place: number): string {
  if (place === 1) return 'You are next.'
  return place === 2 ? '1 person ahead of you.' : `${place - 1} people ahead of you.`
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
