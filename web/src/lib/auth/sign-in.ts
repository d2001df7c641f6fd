import { toast } from 'svelte-sonner'
import { connection } from '#lib/graphql/connection.svelte.ts'
import { mutate } from '#lib/graphql/mutate.ts'
import { span } from '#lib/ui/relative-time.ts'
import { SignOutEverywhere } from './documents.ts'

const UNREACHABLE = 'The server does not answer. Try again in a moment.'

/** Signs in with the local password. @returns why it failed, for people; null when it worked */
export async function signInWithPassword(password: string): Promise<string | null> {
  const response = await ask('/api/auth/login/local', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  if (!response) return UNREACHABLE
  if (response.ok) return null
  if (response.status === 401) return 'Wrong password.'
  if (response.status === 429) return `Too many wrong passwords. Try again ${waitOf(response)}.`
  return 'The server could not sign you in. Ask an organizer.'
}

/** Opens a provider's page. @param goTo the page to open after the sign-in. @returns why it failed, for people */
export async function signInAt(provider: string, goTo: string): Promise<string> {
  const response = await ask(`/api/auth/login/${encodeURIComponent(provider)}?to=${encodeURIComponent(goTo)}`)
  if (!response) return UNREACHABLE
  if (response.status === 429) return `Too many people are signing in right now. Try again ${waitOf(response)}.`
  if (!response.ok) return 'The server could not start the sign-in. Ask an organizer.'
  const { authorization_url: address } = (await response.json()) as { authorization_url: string }
  location.assign(address)
  // The button stays busy until the next page is there.
  return new Promise(() => undefined)
}

/** Signs out and opens the login page. */
export async function signOut(): Promise<void> {
  connection.leaving = true
  const response = await ask('/api/auth/logout', { method: 'POST' })
  // A full navigation, so that nothing this viewer saw stays in the tab.
  if (response?.ok) return location.assign('/login')
  connection.leaving = false
  toast.error('You’re still signed in', { description: UNREACHABLE })
}

/** Ends the sessions of this person on all devices, and opens the login page. */
export async function signOutEverywhere(): Promise<void> {
  connection.leaving = true
  const { data } = await mutate(SignOutEverywhere, {})
  if (data) return location.assign('/login')
  connection.leaving = false
}

function ask(path: string, init?: RequestInit): Promise<Response | null> {
  return fetch(path, init).catch(() => null)
}

function waitOf({ headers }: Response): string {
  const seconds = Number(headers.get('retry-after'))
  return seconds > 0 ? `in ${span(seconds * 1_000)}` : 'in a few minutes'
}
