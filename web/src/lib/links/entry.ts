import { span } from '#lib/ui/relative-time.ts'

/** What a link is for. */
export type LinkView =
  | { kind: 'person'; group: string; title: string | null; username: string }
  | { kind: 'group'; group: string; title: string | null; names: string[]; allowNewUsers: boolean }

/** Why a person could not join or sign in. */
export interface EntryRefusal {
  /**
   * `link`: the link does not work. `suspended`: an organizer suspended the person. `name`: another name may work.
   * `later`: another try may work.
   */
  reason: 'link' | 'suspended' | 'name' | 'later'
  title: string
  message: string
}

const titles: Record<EntryRefusal['reason'], string> = {
  link: 'This link no longer works',
  suspended: 'You can’t sign in right now',
  name: 'Please check your name',
  later: 'Something went wrong',
}

interface LinkAnswer {
  kind: 'person' | 'group'
  group: string
  title: string | null
  username?: string
  names?: string[]
  takes_new_names?: boolean
}

/** Asks what a link is for. It does not count as a use. */
export async function inspect(secret: string): Promise<LinkView | EntryRefusal> {
  const response = await post('/api/auth/link/look', { secret })
  if (!response?.ok) return refusalOf(response)
  const { kind, group, title, username, names, takes_new_names } = (await response.json()) as LinkAnswer
  if (kind === 'person') return { kind, group, title, username: username ?? '' }
  return { kind, group, title, names: names ?? [], allowNewUsers: takes_new_names ?? false }
}

/** Signs in. @param username for a join link. @returns the refusal; null after success */
export async function enter(secret: string, username?: string): Promise<EntryRefusal | null> {
  const response = await post('/api/auth/link', { secret, username })
  return response?.ok ? null : refusalOf(response)
}

/** The secret travels in the body, which no log has. */
function post(path: string, body: object): Promise<Response | null> {
  const headers = { 'Content-Type': 'application/json' }
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null)
}

function refusal(reason: EntryRefusal['reason'], message: string, title = titles[reason]): EntryRefusal {
  return { reason, title, message }
}

async function refusalOf(response: Response | null): Promise<EntryRefusal> {
  if (!response) return refusal('later', 'The server didn’t answer. Check your connection, then try again.')
  const { status, headers } = response
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown }
  if (status === 422) return badInput(detail)
  const message = typeof detail === 'string' ? detail : ''
  if (status === 409) return refusal('name', message)
  if (status === 403) return refusal('suspended', message)
  // The title says the first sentence.
  if (status === 404) return refusal('link', message.replace(`${titles.link}. `, ''))
  const wait = Number(headers.get('retry-after'))
  if (status === 429)
    return refusal('later', `${message.replace(/ Try again.*/, '')} Try again in ${span(wait * 1_000)}.`)
  return refusal('later', 'The server couldn’t sign you in. Try again in a moment.')
}

/** A name that breaks the rules, or a secret that cannot be one. */
function badInput(detail: unknown): EntryRefusal {
  const problems = Array.isArray(detail) ? (detail as { loc: unknown[]; msg: string }[]) : []
  const ofName = problems.find(({ loc }) => loc.includes('username'))
  if (!ofName)
    return refusal('link', 'Open the link exactly as you got it, or scan your card again.', 'This link is incomplete')
  return refusal('name', `Your name ${ofName.msg.replace(/^Value error, /, '')}.`)
}
