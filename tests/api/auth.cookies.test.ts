import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Events } from '../../server/core/events.ts'
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
  test('two session cookies of this server count as none, since a sandbox may have set one', async () => {
    const app = await startWith('OAuth')
    const [boss, other] = [await signedIn(app, 'organizer'), await signedIn(app, 'participant')]
    expect(await role(app, `a=b; ${boss}; c`)).toBe('ORGANIZER')
    for (const cookie of [`${boss}; ${other}`, `${other}; ${boss}`])
      expect(await role(app, cookie), cookie).toBe('ANONYMOUS')
    expect(await role(app, `${boss}; sessions=x; __Host-session=y`)).toBe('ORGANIZER')
  })

  test('a foreign cookie of the same name is ignored, before and after ours', async () => {
    const app = await startWith('OAuth')
    const boss = await signedIn(app, 'organizer')
    const forged = `${boss.slice(0, -16)}0123456789abcdef`
    for (const foreign of [
      'session=',
      'session',
      'session=x',
      'session=v1:a:b',
      'session=eyJhbGciOiJIUzI1NiJ9.e30',
      forged,
    ])
      for (const cookie of [`${boss}; ${foreign}`, `${foreign}; ${boss}`])
        expect(await role(app, cookie), cookie).toBe('ORGANIZER')
    expect(await role(app, `session=x; ${forged}`)).toBe('ANONYMOUS')
  })
})

describe('on https', () => {
  test('the cookie is called __Host-session, which only this host can set', async () => {
    const { cookie } = await secureApp()
    expect(cookie).toMatch(
      /^__Host-session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax; Secure$/,
    )
  })

  test('only a cookie of that name is read', async () => {
    const { app, cookie } = await secureApp()
    const ours = cookie.split(';', 1)[0] as string
    expect(await role(app, ours)).toBe('ORGANIZER')
    expect(await role(app, ours.replace('__Host-', ''))).toBe('ANONYMOUS')
    expect(await role(app, `session=x; session=y; ${ours}`)).toBe('ORGANIZER')
    const out = await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie: ours } })
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=; .*Max-Age=0.*; Secure$/)])
    expect(await role(app, ours)).toBe('ANONYMOUS')
  })
})

test('without a login, requests without a cookie are served synchronously', () => {
  const sessions = {
    ...{ cookieName: 'session', isOurs: () => false },
    check: () => Promise.reject(new Error('nothing should be looked up')),
  }
  const authenticator = new Authenticator({
    sessions: sessions as never,
    ...{
      events: new Events(),
      tokens: {} as never,
      usersOf: () => new Set(),
      locked: () => false,
      localPrograms: true,
    },
    addressOf: () => '127.0.0.1',
  })
  for (const headers of [{}, { cookie: 'a=b; sessions=c' }, { cookie: 'session=a; session=b' }]) {
    const request = Object.assign(new IncomingMessage(new Socket()), { headers })
    const result = authenticator.authenticate(request, 'rest')
    expect(result).toMatchObject({ viewer: { role: 'organizer', kind: 'open' }, cookie: null })
    expect(result).not.toBeInstanceOf(Promise)
  }
})
