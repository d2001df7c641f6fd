import { span } from '#lib/ui/relative-time.ts'

/** What a link is, for whoever holds it. */
export type LinkView =
  | { kind: 'person'; group: string; title: string | null; username: string }
  | { kind: 'group'; group: string; title: string | null; names: string[]; allowNewUsers: boolean }

/** Why somebody did not come in. */
export interface Refused {
  /** `over`: the link lets nobody in. `name`: another name might do. `later`: trying again might help. */
  reason: 'over' | 'name' | 'later'
  /** In words. */
  message: string
}

interface OnTheWire {
  kind: 'person' | 'group'
  group: string
  title: string | null
  username?: string
  names?: string[]
  takes_new_names?: boolean
}

/** Asks what a link is; that uses nothing up. */
export async function look(secret: string): Promise<LinkView | Refused> {
  const response = await post('/api/auth/link/look', { secret })
  if (!response?.ok) return refusedBy(response)
  const { kind, group, title, username, names, takes_new_names } = (await response.json()) as OnTheWire
  if (kind === 'person') return { kind, group, title, username: username ?? '' }
  return { kind, group, title, names: names ?? [], allowNewUsers: takes_new_names ?? false }
}

/** Comes in. @param username for a link into a group. @returns why not; null for who is in */
export async function enter(secret: string, username?: string): Promise<Refused | null> {
  const response = await post('/api/auth/link', { secret, username })
  return response?.ok ? null : refusedBy(response)
}

/** In the body, which nobody logs. */
function post(path: string, body: object): Promise<Response | null> {
  const headers = { 'Content-Type': 'application/json' }
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null)
}

async function refusedBy(response: Response | null): Promise<Refused> {
  if (!response) return { reason: 'later', message: 'The server does not answer. Try again in a moment.' }
  const { status, headers } = response
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown }
  if (status === 422) return badInput(detail)
  const told = typeof detail === 'string' ? detail : ''
  if (status === 409) return { reason: 'name', message: told }
  if (status === 403 || status === 404) return { reason: 'over', message: told }
  const wait = Number(headers.get('retry-after'))
  if (status === 429)
    return { reason: 'later', message: `${told.replace(/ Try again.*/, '')} Try again in ${span(wait * 1_000)}.` }
  return { reason: 'later', message: 'The server could not let you in. Try again in a moment.' }
}

/** The rule of a name, as a sentence; whatever is wrong with the secret, it is none of ours. */
function badInput(detail: unknown): Refused {
  const faults = Array.isArray(detail) ? (detail as { loc: unknown[]; msg: string }[]) : []
  const ofName = faults.find(({ loc }) => loc.includes('username'))
  if (!ofName) return { reason: 'over', message: 'This is not a link of this server. Open it just as you got it.' }
  return { reason: 'name', message: `A name ${ofName.msg.replace(/^Value error, /, '')}.` }
}
