import type {
  ConsumerRowFragment,
  ConsumerStanding,
  GatewayMode,
  GatewayState,
  GatewayStatusViewFragment,
  GatewayStepAction,
  GatewayStepState,
} from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** What is said of the gateway's state. */
export const states: Record<GatewayState, { label: string; tone: Tone }> = {
  DISABLED: { label: 'Off', tone: 'neutral' },
  UNKNOWN: { label: 'Not asked yet', tone: 'neutral' },
  RUNNING: { label: 'Running', tone: 'success' },
  OFFLINE: { label: 'Offline', tone: 'danger' },
  UNAUTHORIZED: { label: 'Unauthorized', tone: 'danger' },
  FAULTY: { label: 'In trouble', tone: 'warning' },
}

/** What to do about trouble, as a sentence; empty where there is nothing to say. */
export function advice({ kind, message }: Pick<NonNullable<GatewayStatusViewFragment['trouble']>, 'kind' | 'message'>) {
  if (kind === 'OFFLINE' || kind === 'SLOW') return 'If it runs elsewhere, say where in the settings.'
  if (kind === 'FAULTY') return ''
  return message.includes('allow_admin') ? 'Add it there.' : 'Give its Admin key in the settings.'
}

/** What is said of how a consumer stands to the groups. */
export const standings: Record<ConsumerStanding, { label: string; tone: Tone }> = {
  CURRENT: { label: 'Up to date', tone: 'success' },
  OUTDATED: { label: 'To update', tone: 'warning' },
  LEFT: { label: 'Left over', tone: 'danger' },
  OTHER: { label: 'Made by hand', tone: 'neutral' },
}

/** Whom a consumer is for. */
export function whom({ type, userCount }: Pick<ConsumerRowFragment, 'type' | 'userCount'>): string {
  if (type === 'OTHER') return '–'
  return type === 'USER' ? 'A user' : `A group of ${userCount}`
}

export const modes: Record<GatewayMode, { label: string; hint: string }> = {
  PER_USER: { label: 'A key for each user', hint: 'Nobody uses up the tokens of others.' },
  PER_GROUP: { label: 'A key for each group', hint: 'Its members share it, and the tokens of all of them.' },
}

/** What a step of a run does, before and after. */
export const actions: Record<GatewayStepAction, Record<GatewayStepState, string>> = {
  ROUTE: { WAITING: 'Route to set', DONE: 'Route is set', FAILED: 'Route not set' },
  CREATE: { WAITING: 'To make', DONE: 'Made', FAILED: 'Not made' },
  UPDATE: { WAITING: 'To update', DONE: 'Updated, key kept', FAILED: 'Not updated' },
  KEEP: { WAITING: 'Up to date', DONE: 'Up to date', FAILED: 'Up to date' },
  DELETE: { WAITING: 'To remove', DONE: 'Removed', FAILED: 'Not removed' },
}

export const stepTones: Record<GatewayStepState, Tone> = { WAITING: 'neutral', DONE: 'success', FAILED: 'danger' }

const whole = new Intl.NumberFormat('en')
const spans: Record<number, string> = { 60: 'minute', 3600: 'hour', 86400: 'day' }

/** A number of tokens; a dash when it is unknown. */
export function tokens(value: number | null): string {
  return value === null ? '–' : whole.format(value)
}

/** So many tokens in so many seconds, in words. */
export function limit({ tokenLimit, timeWindow }: Pick<ConsumerRowFragment, 'tokenLimit' | 'timeWindow'>): string {
  if (tokenLimit === null || timeWindow === null) return 'No limit'
  return `${whole.format(tokenLimit)} a ${spans[timeWindow] ?? `window of ${whole.format(timeWindow)} s`}`
}

/** A plain number. */
export function number(value: number): string {
  return whole.format(value)
}

/** So many things, with their noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`
}
