import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Authenticator } from '../../server/auth/authenticator.ts'
import { SECRET, signedIn, startWith } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'

/** What somebody is who sends these cookies, from elsewhere. */
async function role(app: TestApp, cookie: string): Promise<string | undefined> {
  const answer = await app.answer<{ viewer: { role: string } }>('{ viewer { role } }', {}, { cookie })
  return answer.data?.viewer.role
}

async function secureApp(): Promise<{ app: TestApp; cookie: string }> {
  const app = await startApp({
    ...{ AUTH_LOCAL_PASSWORD: 'open sesame', AUTH_SESSION_SECRET: SECRET },
    THON_PUBLIC_URL: 'https://thon.example',
  })
  const answer = await fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"password":"open sesame"}',
  })
  return { app, cookie: answer.headers.getSetCookie()[0] as string }
}

describe('on plain http', () => {
  test('of two session cookies none is taken, in whatever order: a sandbox’s page may have set one', async () => {
    const app = await startWith('OAuth')
    const [boss, other] = [await signedIn(app, 'organizer'), await signedIn(app, 'participant')]
    expect(await role(app, `a=b; ${boss}; c`)).toBe('organizer')
    for (const cookie of [
      `${boss}; ${other}`,
      `${other}; ${boss}`,
      `${boss}; ${boss}`,
      `session=; ${boss}`,
      `${boss}; session`,
    ])
      expect(await role(app, cookie), cookie).toBe('anonymous')
    expect(await role(app, `${boss}; sessions=x; __Host-session=y`)).toBe('organizer')
  })
})

describe('on https', () => {
  test('the cookie is called __Host-session, which browsers take from this very host alone', async () => {
    const { cookie } = await secureApp()
    expect(cookie).toMatch(
      /^__Host-session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax; Secure$/,
    )
  })

  test('only that name is read, and of two none', async () => {
    const { app, cookie } = await secureApp()
    const ours = cookie.split(';', 1)[0] as string
    expect(await role(app, ours)).toBe('organizer')
    expect(await role(app, ours.replace('__Host-', ''))).toBe('anonymous')
    expect(await role(app, `session=x; session=y; ${ours}`)).toBe('organizer')
    expect(await role(app, `${ours}; ${ours}`)).toBe('anonymous')
    const out = await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie: ours } })
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=; .*Max-Age=0.*; Secure$/)])
    expect(await role(app, ours)).toBe('anonymous')
  })
})

test('where there is no login, whoever sends no cookie is let in without waiting for anything', () => {
  const sessions = { cookieName: 'session', check: () => Promise.reject(new Error('nothing is to be looked up')) }
  const door = new Authenticator({
    sessions: sessions as never,
    ...{ tokens: {} as never, usersOf: () => new Set(), locked: false, localPrograms: true },
  })
  for (const headers of [{}, { cookie: 'a=b; sessions=c' }, { cookie: 'session=a; session=b' }]) {
    const entry = door.authenticate({ headers } as IncomingMessage, 'rest')
    expect(entry).toMatchObject({ viewer: { role: 'organizer' }, session: null })
    expect(entry).not.toBeInstanceOf(Promise)
  }
})
