import { toast } from 'svelte-sonner'
import { connection } from '#lib/graphql/connection.svelte.ts'
import { span } from '#lib/ui/relative-time.ts'

const away = 'The server does not answer. Try again in a moment.'

/** Tries the local password. @returns why not, in words; null when it was right */
export async function signInWithPassword(password: string): Promise<string | null> {
  const response = await ask('/api/auth/login/local', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  if (!response) return away
  if (response.ok) return null
  if (response.status === 401) return 'That is not the password.'
  if (response.status === 429) return `Too many wrong passwords. Try again ${waitOf(response)}.`
  return 'The server could not sign you in. Ask the organizer.'
}

/** Goes to a provider's page. @param goTo page to come back to. @returns why not, in words */
export async function signInAt(provider: string, goTo: string): Promise<string> {
  const response = await ask(`/api/auth/login/${encodeURIComponent(provider)}?to=${encodeURIComponent(goTo)}`)
  if (!response) return away
  if (response.status === 429) return `Too many people are signing in just now. Try again ${waitOf(response)}.`
  if (!response.ok) return 'The server could not begin the sign-in. Ask the organizer.'
  const { authorization_url: address } = (await response.json()) as { authorization_url: string }
  location.assign(address)
  // The button stays busy until the other page is there.
  return new Promise(() => undefined)
}

/** Ends the session, and leaves for the login page. */
export async function signOut(): Promise<void> {
  connection.leaving = true
  const response = await ask('/api/auth/logout', { method: 'POST' })
  // A full navigation: nothing of what this viewer saw stays in the tab.
  if (response?.ok) return location.assign('/login')
  connection.leaving = false
  toast.error('You are still signed in', { description: away })
}

function ask(path: string, init?: RequestInit): Promise<Response | null> {
  return fetch(path, init).catch(() => null)
}

function waitOf({ headers }: Response): string {
  const seconds = Number(headers.get('retry-after'))
  return seconds > 0 ? `in ${span(seconds * 1_000)}` : 'in a few minutes'
}
