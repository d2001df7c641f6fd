import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Authenticator } from '../../server/auth/authenticator.ts'
import { SECRET, signedIn, startWith } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'

/** The role of a visitor who sends these cookies. */
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
  test('two session cookies count as none, since a sandbox may have set one', async () => {
    const app = await startWith('OAuth')
    const [boss, other] = [await signedIn(app, 'organizer'), await signedIn(app, 'participant')]
    expect(await role(app, `a=b; ${boss}; c`)).toBe('ORGANIZER')
    for (const cookie of [
      `${boss}; ${other}`,
      `${other}; ${boss}`,
      `${boss}; ${boss}`,
      `session=; ${boss}`,
      `${boss}; session`,
    ])
      expect(await role(app, cookie), cookie).toBe('ANONYMOUS')
    expect(await role(app, `${boss}; sessions=x; __Host-session=y`)).toBe('ORGANIZER')
  })
})

describe('on https', () => {
  test('the cookie is called __Host-session, which only this host can set', async () => {
    const { cookie } = await secureApp()
    expect(cookie).toMatch(
      /^__Host-session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax; Secure$/,
    )
  })

  test('only a cookie of that name is read, and two count as none', async () => {
    const { app, cookie } = await secureApp()
    const ours = cookie.split(';', 1)[0] as string
    expect(await role(app, ours)).toBe('ORGANIZER')
    expect(await role(app, ours.replace('__Host-', ''))).toBe('ANONYMOUS')
    expect(await role(app, `session=x; session=y; ${ours}`)).toBe('ORGANIZER')
    expect(await role(app, `${ours}; ${ours}`)).toBe('ANONYMOUS')
    const out = await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie: ours } })
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=; .*Max-Age=0.*; Secure$/)])
    expect(await role(app, ours)).toBe('ANONYMOUS')
  })
})

test('without a login, requests without a cookie are served synchronously', () => {
  const sessions = { cookieName: 'session', check: () => Promise.reject(new Error('nothing should be looked up')) }
  const authenticator = new Authenticator({
    sessions: sessions as never,
    ...{ tokens: {} as never, usersOf: () => new Set(), locked: false, localPrograms: true },
    addressOf: () => '127.0.0.1',
  })
  for (const headers of [{}, { cookie: 'a=b; sessions=c' }, { cookie: 'session=a; session=b' }]) {
    const request = Object.assign(new IncomingMessage(new Socket()), { headers })
    const result = authenticator.authenticate(request, 'rest')
    expect(result).toMatchObject({ viewer: { role: 'organizer' }, session: null })
    expect(result).not.toBeInstanceOf(Promise)
  }
})
