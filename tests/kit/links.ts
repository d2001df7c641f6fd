import { organizer } from '../../server/core/viewer.ts'
import type { TestApp } from './app.ts'

/** The answer to a sign-in by a link; `cookie` is what a browser would send from then on. */
export interface Entered {
  status: number
  detail: unknown
  cookie: string
}

/** Signs in by a link. */
export async function enter(app: TestApp, secret: string, username?: string): Promise<Entered> {
  const response = await post(app, '', { secret, ...(username !== undefined && { username }) })
  const { detail } = (await response.json()) as { detail?: unknown }
  const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
  return { status: response.status, detail, cookie }
}

/** Inspects a link. */
export async function look(app: TestApp, secret: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await post(app, '/look', { secret })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Sends a request to `/api/auth/link`. */
export function post(
  app: TestApp,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${app.url}/api/auth/link${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Creates a group with these users. @returns its id, and the ids of the users by name */
export async function team(app: TestApp, name: string, usernames: string[]) {
  const { groups, users } = app.services
  const { id: groupId } = await groups.create(organizer, { name })
  const ids: Record<string, string> = {}
  for (const username of usernames) ids[username] = (await users.createUser(organizer, groupId, { username })).id
  return { groupId, ids }
}

/** Creates a personal link, or replaces the one that exists. @returns its secret */
export async function personalLink(app: TestApp, userId: string): Promise<string> {
  const [made] = await app.services.links.createPersonalLinks(organizer, { userIds: [userId], replace: true })
  return made?.secret as string
}

/** Creates a join link. */
export async function joinLink(app: TestApp, groupId: string, rules: object = {}) {
  const input = { allowExistingUsers: true, allowNewUsers: true, ...rules }
  const { secret, link } = await app.services.links.createJoinLink(organizer, groupId, input)
  return { secret, id: link.id }
}
