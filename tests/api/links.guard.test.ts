import { describe, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { SETUPS } from '../kit/access.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { joinLink, personalLink, team } from '../kit/links.ts'

const REACHABLE = {
  'another bind address': { DASHBOARD_HOST: '0.0.0.0' },
  'a reverse proxy': { THON_TRUSTED_PROXIES: 'loopback' },
  'a public URL': { THON_PUBLIC_URL: 'https://thon.example' },
  'another host name': { THON_ALLOWED_HOSTS: 'thon.example' },
}
const CREATE = 'mutation { createLocalPassword }'

async function create(app: TestApp) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: CREATE }),
  })
  const { data } = (await response.json()) as { data: { createLocalPassword: string } | null }
  return {
    password: data?.createLocalPassword ?? '',
    cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
  }
}

async function role(app: TestApp, cookie = ''): Promise<string | undefined> {
  return (await app.answer<{ viewer: { role: string } }>('{ viewer { role } }', {}, { cookie })).data?.viewer.role
}

function signIn(app: TestApp, password: string): Promise<Response> {
  const body = JSON.stringify({ password })
  return fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
}

describe('links', () => {
  test.for(Object.entries(REACHABLE))('cannot be created with %s and no login', async ([, variables]) => {
    const app = await startApp(variables)
    const { groupId, ids } = await team(app, 'alpha', ['ann'])
    for (const attempt of [() => personalLink(app, ids.ann as string), () => joinLink(app, groupId)])
      await expect(attempt()).rejects.toThrow(/^Nothing guards the dashboard .* Set a password under Settings first/)
    expect(await app.db.accessLink.count()).toBe(0)
    await app.services.signIn.createPassword(organizer)
    expect(await personalLink(app, ids.ann as string)).toMatch(/^[\w-]{32}$/)
  })

  test.for([
    ['on one machine without a login', {}],
    ['with a login on every address', { DASHBOARD_HOST: '0.0.0.0', ...SETUPS['a local password'] }],
  ] as const)('can be created %s', async ([, variables]) => {
    const app = await startApp(variables)
    const { groupId, ids } = await team(app, 'alpha', ['ann'])
    expect(await personalLink(app, ids.ann as string)).toMatch(/^[\w-]{32}$/)
    expect((await joinLink(app, groupId)).secret).toMatch(/^[\w-]{32}$/)
  })
})

describe('a generated password', () => {
  test('is required at once, signs in who set it, and lasts over a restart', async () => {
    const app = await startApp({ DASHBOARD_HOST: '0.0.0.0' })
    expect(await role(app)).toBe('ORGANIZER')
    const { password, cookie } = await create(app)
    expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/)
    expect([await role(app), await role(app, cookie)]).toEqual(['ANONYMOUS', 'ORGANIZER'])
    expect([(await signIn(app, 'wrong')).status, (await signIn(app, password)).status]).toEqual([401, 200])
    const notices = await app.answer<{ engine: { notices: string[] } }>('{ engine { notices } }', {}, { cookie })
    expect(notices.data?.engine.notices.join()).not.toContain('there is no login')
    const again = await app.restart()
    expect([await role(again), await role(again, cookie)]).toEqual(['ANONYMOUS', 'ORGANIZER'])
    expect((await signIn(again, password)).status).toBe(200)
  })

  test('is stored as a hash, is not logged, and can be set only once', async () => {
    const app = await startApp()
    const { password, cookie } = await create(app)
    const rows = JSON.stringify([await app.db.secret.findMany(), await app.db.activity.findMany()])
    expect(rows).not.toContain(password)
    expect(rows).toContain('set local password')
    const second = await app.answer(CREATE, {}, { cookie })
    expect(second.errors?.[0]?.extensions?.code).toBe('CONFLICT')
    expect((await app.answer(CREATE)).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('gives way to AUTH_LOCAL_PASSWORD', async () => {
    const app = await startApp()
    const { password } = await create(app)
    await app.close()
    const configured = await startApp({ AUTH_LOCAL_PASSWORD: 'open sesame' }, { dir: app.dir, engine: app.engine })
    expect([(await signIn(configured, password)).status, (await signIn(configured, 'open sesame')).status]).toEqual([
      401, 200,
    ])
  })

  test('closes the sockets of everyone who was there without a login', async () => {
    const app = await startApp()
    const closed = Promise.withResolvers<number>()
    const client = app.socket()
    client.on('closed', (event) => closed.resolve((event as CloseEvent).code))
    await new Promise((resolve) => client.on('connected', resolve))
    await create(app)
    expect(await closed.promise).toBe(4401)
  })
})
