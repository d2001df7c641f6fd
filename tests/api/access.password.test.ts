import { expect, test, vi } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { SECRET, startWith } from '../kit/access.ts'
import { addGroup } from '../kit/groups.ts'
import { anonymous } from '../../server/core/viewer.ts'

const ME = '/api/auth/me'
const signIn = (app: TestApp, password: string) =>
  fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password }),
  })

/** Signs in. @returns the cookie that the browser sends from then on */
async function cookieOf(app: TestApp): Promise<string> {
  const answer = await signIn(app, 'open sesame')
  expect(answer.status).toBe(200)
  return answer.headers.getSetCookie()[0]?.split(';', 1)[0] as string
}

async function me(app: TestApp, headers: Record<string, string>): Promise<unknown> {
  return (await fetch(app.url + ME, { headers })).json()
}

const ORGANIZER = {
  authenticated: true,
  user_id: 'local',
  display_name: 'organizer',
  email: null,
  provider: 'local',
}

test('the right password signs in, with a cookie that scripts cannot read', async () => {
  const app = await startWith('a local password')
  const answer = await signIn(app, 'open sesame')
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
  expect(answer.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^session=v1:[a-z0-9]+:[0-9a-f]{16}; HttpOnly; Max-Age=86400; Path=\/; SameSite=lax$/),
  ])
  expect(await me(app, { cookie: await cookieOf(app) })).toEqual(ORGANIZER)
})

test('the cookie is only sent over https when the public URL is https', async () => {
  const app = await startApp({
    ...{ AUTH_LOCAL_PASSWORD: 'open sesame', AUTH_SESSION_SECRET: SECRET },
    THON_PUBLIC_URL: 'https://thon.example',
  })
  expect((await signIn(app, 'open sesame')).headers.getSetCookie()[0]).toMatch(/; Secure$/)
})

test.for(['', 'open', 'open sesame ', 'OPEN SESAME', 'x'.repeat(1024)])('%j does not sign in', async (password) => {
  const app = await startWith('a local password')
  const answer = await signIn(app, password)
  expect([answer.status, await answer.json()]).toEqual([401, { detail: 'Wrong password' }])
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(await app.db.session.count()).toBe(0)
})

test('a session outlives a restart, also without a configured signing key', async () => {
  for (const variables of [{ AUTH_SESSION_SECRET: SECRET }, {}] as Record<string, string>[]) {
    const app = await startApp({ AUTH_LOCAL_PASSWORD: 'open sesame', ...variables })
    const cookie = await cookieOf(app)
    expect(await me(await app.restart(), { cookie })).toEqual(ORGANIZER)
  }
})

test('cookies with a wrong key, signature or version are refused', async () => {
  const app = await startWith('a local password')
  const [one, other] = [await cookieOf(app), await cookieOf(app)]
  const [, id] = one.split(':')
  const forged = [
    one.replace('v1:', 'v2:'),
    `session=v1:${id}:${other.split(':')[2]}`,
    `session=v1:${id}:`,
    `session=v1:${id}`,
    `session=${id}`,
    `${one}:x`,
    `session=v1:${id}:${'0'.repeat(16)}`,
  ]
  for (const cookie of forged)
    expect(await me(app, { cookie, 'x-forwarded-for': '10.0.0.1' }), cookie).toEqual({ authenticated: false })
  const elsewhere = await app.restart()
  expect(await me(elsewhere, { cookie: one })).toEqual(ORGANIZER)
  await elsewhere.close()
  const rekeyed = await startApp(
    { AUTH_LOCAL_PASSWORD: 'open sesame', AUTH_SESSION_SECRET: SECRET.replace('a', 'b') },
    { dir: app.dir, engine: app.engine },
  )
  expect(await me(rekeyed, { cookie: one })).toEqual({ authenticated: false })
})

test('a session works as a bearer token, but not in the address', async () => {
  const app = await startWith('a local password')
  const [, token] = (await cookieOf(app)).split('=')
  expect(await me(app, { authorization: `Bearer ${token}` })).toEqual(ORGANIZER)
  const inAddress = await fetch(`${app.url}${ME}?session_token=${token}`)
  expect(await inAddress.json()).toEqual({ authenticated: false })
})

test('signing out ends the session and deletes its cookie', async () => {
  const app = await startWith('a local password')
  const cookie = await cookieOf(app)
  const answer = await fetch(`${app.url}/api/auth/logout`, { method: 'POST', headers: { cookie } })
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
  expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^session=; .*Max-Age=0/)])
  expect(await app.db.session.count()).toBe(0)
  expect(await me(app, { cookie })).toEqual({ authenticated: false })
})

test('a session lasts 24 hours; use in its second half starts them again', async () => {
  const app = await startWith('a local password')
  const cookie = await cookieOf(app)
  const left = async () => (await app.db.session.findFirstOrThrow()).expiresAt.getTime() - Date.now()
  const hour = 3_600_000
  expect(Math.round((await left()) / hour)).toBe(24)
  expect((await fetch(app.url + ME, { headers: { cookie } })).headers.getSetCookie()).toEqual([])

  await app.db.session.updateMany({ data: { expiresAt: new Date(Date.now() + 11 * hour) } })
  const used = await fetch(app.url + ME, { headers: { cookie } })
  expect(used.headers.getSetCookie()).toEqual([expect.stringContaining(`${cookie}; HttpOnly; Max-Age=86400`)])
  expect(Math.round((await left()) / hour)).toBe(24)
})

test('after too many wrong passwords an address gets 429, also with the right one', async () => {
  const app = await startWith('a local password')
  const statuses = new Map<number, number>()
  for (let tries = 0; tries < 310; tries++) {
    const { status } = await signIn(app, 'wrong')
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  expect(Object.fromEntries(statuses)).toEqual({ 401: 300, 429: 10 })
  const right = await signIn(app, 'open sesame')
  expect(right.status).toBe(429)
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0)
})

/** Sends wrong passwords without the network. @param addresses as many, one after the other */
async function flood(app: TestApp, addresses: Iterable<string>): Promise<void> {
  const { signIn: ways } = app.services
  for (const address of addresses)
    await ways.byPassword({ password: 'wrong' }, address, anonymous).catch(() => undefined)
}

test('a flood from many addresses locks out none of the others', async () => {
  const app = await startWith('a local password')
  await flood(
    app,
    Array.from({ length: 3_500 }, (_, index) => `10.1.${index >> 8}.${index % 256}`),
  )
  for (let tries = 0; tries < 9; tries++) expect((await signIn(app, 'oops')).status).toBe(401)
  expect((await signIn(app, 'open sesame')).status).toBe(200)
  for (let tries = 0; tries < 1; tries++) expect((await signIn(app, 'oops')).status).toBe(401)
  expect((await signIn(app, 'oops')).status, 'few tries for each during a flood').toBe(429)
})

test('a /64 of IPv6 counts as one address', async () => {
  const app = await startWith('a local password')
  await flood(
    app,
    Array.from({ length: 300 }, (_, index) => `2001:db8:0:1::${index.toString(16)}`),
  )
  const right = (address: string) => app.services.signIn.byPassword({ password: 'open sesame' }, address, anonymous)
  await expect(right('2001:db8:0:1:ffff::9')).rejects.toThrow('Too many wrong passwords')
  expect(await right('2001:db8:0:2::9')).toContain('session=')
})

test('an organizer who is signed in can sign in again from an address that is locked out', async () => {
  const app = await startWith('a local password')
  const cookie = await cookieOf(app)
  await flood(
    app,
    Array.from({ length: 310 }, () => '127.0.0.1'),
  )
  expect((await signIn(app, 'open sesame')).status).toBe(429)
  expect(await me(app, { cookie })).toEqual(ORGANIZER)
  const again = await fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', cookie },
    body: '{"password":"open sesame"}',
  })
  expect(again.status).toBe(200)
})

test('200 people behind one address may each be wrong once', async () => {
  const app = await startWith('a local password')
  for (let person = 0; person < 200; person++) expect((await signIn(app, 'oops')).status).toBe(401)
  expect((await signIn(app, 'open sesame')).status).toBe(200)
})

test('only local programs may use REST without signing in, and never GraphQL', async () => {
  const app = await startWith('a local password')
  const groups = (headers = {}) => fetch(`${app.url}/api/groups`, { headers })
  expect((await groups()).status).toBe(200)
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-proto', 'x-forwarded-host'])
    expect((await groups({ [header]: 'x' })).status, header).toBe(401)
  expect((await app.refused('{ groups { items { id } } }')).code).toBe('UNAUTHENTICATED')
})

test('neither the password nor a cookie gets into log or activity', async () => {
  const app = await startWith('a local password')
  const cookie = await cookieOf(app)
  await signIn(app, 'wrong guess')
  await addGroup(withCookie(app, cookie), 'alpha')
  const activity = JSON.stringify(await app.db.activity.findMany())
  const secrets = ['open sesame', 'wrong guess', cookie.split(':')[1] as string, cookie.split(':')[2] as string]
  for (const secret of secrets) {
    expect(activity).not.toContain(secret)
    expect(app.logged.lines.join('\n')).not.toContain(secret)
  }
  expect(activity).toContain('sign in')
})

/** Makes the app send the cookie with every GraphQL request. */
function withCookie(app: TestApp, cookie: string): TestApp {
  const answer = app.answer.bind(app)
  vi.spyOn(app, 'answer').mockImplementation((query, variables) => answer(query, variables, { cookie }))
  return app
}
