/** What changes from run to run, by what can be said of it nonetheless. */
export const KINDS = [
  'uuid',
  'datetime',
  'port',
  'endpoint',
  'token',
  'error-text',
  'contains-captured',
  'contains state',
  'HTML contains a session token',
] as const

/** One of them. */
export type Kind = (typeof KINDS)[number]

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const STATE = /^https:\/\/[^\s]+[?&]state=[\w-]{43}(&|$)/
const SESSION = /<script>.*'v1:[0-9a-z]+:[0-9a-f]{16}'/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/

/** Whether a value can stand where `recorded` stood: the same JSON type, and right by its kind. */
export function isOfKind(kind: Kind, recorded: unknown, value: unknown): boolean {
  // Null must be as recorded in every kind: the presence of an address or a password does not vary.
  if (recorded === null || value === null) return recorded === value
  if (typeof recorded !== typeof value) return false
  const text = textOf(value)
  switch (kind) {
    case 'uuid':
      return typeof value === 'string' && UUID.test(value)
    case 'datetime':
      return isTimeLike(textOf(recorded), text)
    case 'port':
      return /^[1-9]\d*$/.test(text)
    case 'endpoint':
    case 'token':
    case 'error-text':
    case 'contains-captured':
      return typeof value === 'string' && value !== ''
    case 'contains state':
      return STATE.test(text)
    case 'HTML contains a session token':
      return SESSION.test(text)
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Rows' times name no zone, instances' times do: as recorded. */
function isTimeLike(recorded: string, value: string): boolean {
  return recorded.endsWith('Z') === value.endsWith('Z') && TIME.test(value.replace(/Z$/, ''))
}
