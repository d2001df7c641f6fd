import type {
  ConsumerRowFragment,
  ConsumerStatus,
  GatewayMode,
  GatewayState,
  GatewayStatusViewFragment,
  GatewayStepAction,
  GatewayStepState,
} from '#lib/graphql/generated/graphql.ts'
import type { Tone } from '#lib/ui/tone.ts'

/** Labels of the gateway's states. */
export const states: Record<GatewayState, { label: string; tone: Tone }> = {
  DISABLED: { label: 'Off', tone: 'neutral' },
  UNKNOWN: { label: 'Not checked yet', tone: 'neutral' },
  RUNNING: { label: 'Running', tone: 'success' },
  OFFLINE: { label: 'Offline', tone: 'danger' },
  UNAUTHORIZED: { label: 'Unauthorized', tone: 'danger' },
  FAULTY: { label: 'Error', tone: 'warning' },
}

/** What to do about an error of the gateway, as a sentence; empty when there is nothing to say. */
export function advice({ kind, message }: Pick<NonNullable<GatewayStatusViewFragment['error']>, 'kind' | 'message'>) {
  if (kind === 'OFFLINE' || kind === 'SLOW') return 'If APISIX runs elsewhere, enter its address in the settings.'
  if (kind === 'FAULTY') return ''
  return message.includes('allow_admin') ? 'Add it there.' : 'Enter the Admin key in the settings.'
}

/** Labels of the statuses of consumers. */
export const consumerStatuses: Record<ConsumerStatus, { label: string; tone: Tone }> = {
  CURRENT: { label: 'Up to date', tone: 'success' },
  OUTDATED: { label: 'Outdated', tone: 'warning' },
  ORPHANED: { label: 'Orphaned', tone: 'danger' },
  OTHER: { label: 'Created by hand', tone: 'neutral' },
}

/** Who uses a consumer. */
export function ownerText({ type, userCount }: Pick<ConsumerRowFragment, 'type' | 'userCount'>): string {
  if (type === 'OTHER') return '–'
  return type === 'USER' ? 'One user' : `Group of ${userCount}`
}

export const modes: Record<GatewayMode, { label: string; hint: string }> = {
  PER_USER: { label: 'A key for each user', hint: 'No one can use up the tokens of others.' },
  PER_GROUP: {
    label: 'A key for each group',
    hint: 'The users of a group share the key, and the sum of their tokens.',
  },
}

/** Labels of a job's steps, by action and state. */
export const stepLabels: Record<GatewayStepAction, Record<GatewayStepState, string>> = {
  ROUTE: { WAITING: 'Waiting', DONE: 'Up to date', FAILED: 'Failed' },
  CREATE: { WAITING: 'Waiting', DONE: 'Created', FAILED: 'Not created' },
  UPDATE: { WAITING: 'Waiting', DONE: 'Updated, same key', FAILED: 'Not updated' },
  KEEP: { WAITING: 'Up to date', DONE: 'Up to date', FAILED: 'Up to date' },
  DELETE: { WAITING: 'Waiting', DONE: 'Deleted', FAILED: 'Not deleted' },
}

export const stepTones: Record<GatewayStepState, Tone> = { WAITING: 'neutral', DONE: 'success', FAILED: 'danger' }

const integerFormat = new Intl.NumberFormat('en')
const windows: Record<number, string> = { 60: 'minute', 3600: 'hour', 86400: 'day' }

/** A number of tokens; a dash when it is unknown. */
export function tokensText(value: number | null): string {
  return value === null ? '–' : integerFormat.format(value)
}

/** A limit in words, such as `500 per minute`. */
export function limitText({ tokenLimit, timeWindow }: Pick<ConsumerRowFragment, 'tokenLimit' | 'timeWindow'>): string {
  if (tokenLimit === null || timeWindow === null) return 'No limit'
  return `${integerFormat.format(tokenLimit)} per ${windows[timeWindow] ?? `${integerFormat.format(timeWindow)} s`}`
}

export function number(value: number): string {
  return integerFormat.format(value)
}
