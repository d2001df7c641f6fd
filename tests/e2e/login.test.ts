import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sessions } from '../../server/auth/sessions.ts'
import type { Role } from '../../prisma/generated/client/client.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { running } from '../kit/instances.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }
/** How soon people should see that they are signed out. */
const SOON = { timeout: 5_000 }

const PASSWORD = 'open sesame'
const SECRET = 'a secret of the tests, long enough for it'

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

function start(variables: Record<string, string> = {}): Promise<TestApp> {
  const auth = { AUTH_LOCAL_PASSWORD: PASSWORD, AUTH_SESSION_SECRET: SECRET }
  return startApp({ ...auth, ...variables }, { dashboard: 'built' })
}

/** A person who signed in with a provider. @returns the cookie of their browser */
async function addPerson(app: TestApp, name: string, role: Role) {
  const { db, events } = app.services
  const email = `${name.toLowerCase()}@example.org`
  const data = { id: `github:${name}`, provider: 'github', displayName: name, email, role }
  const row = await db.identity.create({ data })
  events.publish('identity', { kind: 'ADDED', id: row.id, row })
  const setCookie = await new Sessions(db, { secret: SECRET, secure: false }).create(row.id)
  return { id: row.id, email, cookie: /^session=([^;]+)/.exec(setCookie)?.[1] as string }
}

/** Opens a page with the cookie of a person. */
async function openAs(app: TestApp, { cookie }: { cookie: string }, path: string): Promise<Page> {
  const page = await openPage(`${app.url}/login`)
  await page.context().addCookies([{ name: 'session', value: cookie, url: app.url }])
  await page.goto(app.url + path)
  return page
}

async function signIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Organizer password').fill(password)
  await page.getByLabel('Organizer password').press('Enter')
}

/** Does what opens a page of the dashboard, and waits until the page is live. */
async function untilLive(page: Page, go: () => Promise<unknown>): Promise<void> {
  const live = page.waitForEvent('websocket', SLOW).then((socket) => socket.waitForEvent('framereceived', SLOW))
  await go()
  await live
}

/** Asks the API as an organizer, with a new session. */
async function asOrganizer<T>(app: TestApp, query: string, variables: object = {}): Promise<T> {
  const signedIn = await fetch(`${app.url}/api/auth/login/local`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] as string
  const { data, errors } = await app.answer<T>(query, { ...variables }, { cookie })
  if (!data) throw new Error(JSON.stringify(errors))
  return data
}

test('the password opens the requested page, and signing out the login', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/groups?q=red`, /401/)
  expect(page.url()).toBe(`${app.url}/login?to=%2Fgroups%3Fq%3Dred`)
  expect(await page.getByRole('navigation').count()).toBe(0)

  await signIn(page, 'wrong')
  await page.getByText('Wrong password.').waitFor(SLOW)
  expect(page.url()).toContain('/login')
  await untilLive(page, () => signIn(page))
  expect(page.url()).toBe(`${app.url}/groups?q=red`)
  await page.getByRole('link', { name: 'Settings' }).waitFor(SLOW)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${app.url}/login`, SLOW)
  expect(await app.db.session.count()).toBe(0)
  await page.goto(`${app.url}/instances`)
  await page.getByLabel('Organizer password').waitFor(SLOW)
})

test('the login never leads to another server', LONG, async () => {
  const app = await start()
  for (const to of [
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    'https://evil.example',
  ]) {
    const page = await openPage(`${app.url}/login?to=${encodeURIComponent(to)}`)
    await signIn(page)
    await page.waitForURL(`${app.url}/instances`, SLOW)
  }
})

test('too many wrong passwords are reported in plain words', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/login`, /429/)
  await page.route('**/api/auth/login/local', (route) =>
    route.fulfill({ status: 429, headers: { 'Retry-After': '300' }, json: { detail: 'Too many' } }),
  )
  await signIn(page)
  await page.getByText('Too many wrong passwords. Try again in 5 min.').waitFor(SLOW)
})

test('a sign-out shows at once, and the next sign-in returns to the page', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/instances?q=ann`)
  await untilLive(page, () => signIn(page))
  await page.getByText('No matching instances').waitFor(SLOW)

  const [session] = await app.db.session.findMany()
  await app.db.session.deleteMany()
  app.services.events.publish('principal', { kind: 'ended', ids: new Set([`session:${session!.id}`]) })
  const notice = page.getByRole('dialog', { name: 'You’ve been signed out' })
  await notice.waitFor(SOON)

  // The page must not ask again, by request or by socket, until it is left. Requests that are under way may still finish.
  await page.waitForLoadState('networkidle')
  const asked: string[] = []
  page.on('request', (request) => request.url().includes('/_app/') || asked.push(request.url()))
  page.on('websocket', (socket) => asked.push(socket.url()))
  await notice.getByRole('button', { name: 'Stay here' }).click()
  await notice.waitFor({ state: 'detached', ...SLOW })
  await page.getByRole('alert').filter({ hasText: 'You’ve been signed out.' }).waitFor(SOON)

  expect(asked).toEqual([])
  await page.getByRole('button', { name: 'Sign in again' }).click()
  await signIn(page)
  await page.waitForURL('**/instances?q=ann', SLOW)
})

test('signing out in one tab shows in the other', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/instances`)
  await untilLive(page, () => signIn(page))
  const other = await page.context().newPage()
  await untilLive(other, () => other.goto(`${app.url}/groups`))
  await other.getByRole('button', { name: 'Sign out' }).click()
  await other.waitForURL('**/login', SLOW)
  await page.getByRole('dialog', { name: 'You’ve been signed out' }).waitFor(SOON)
})

test('a query that is refused without a session shows it too', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/instances`)
  await untilLive(page, () => signIn(page))
  await page.context().clearCookies()
  await page.getByRole('link', { name: 'Groups', exact: true }).dispatchEvent('click')
  await page.getByRole('dialog', { name: 'You’ve been signed out' }).waitFor(SOON)
})

test('a server that restarts without the session shows it too', LONG, async () => {
  const first = await start()
  const page = await openPage(`${first.url}/instances`)
  await untilLive(page, () => signIn(page))
  await first.db.session.deleteMany()
  await first.close()
  const variables = { AUTH_LOCAL_PASSWORD: PASSWORD, THON_PORTS: new URL(first.url).port }
  await startApp(variables, { dashboard: 'built', dir: first.dir })
  await page.getByRole('dialog', { name: 'You’ve been signed out' }).waitFor(SLOW)
})

test('participants only see their sandbox, on every address', LONG, async () => {
  const app = await start()
  const ann = await addPerson(app, 'Ann', 'participant')
  const { createGroup } = await asOrganizer<{ createGroup: { id: string } }>(
    app,
    'mutation { createGroup(input: { name: "red" }) { id } }',
  )
  const page = await openAs(app, ann, '/instances')
  await page.waitForURL(`${app.url}/my`, SLOW)
  expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['My sandbox'])
  await page.getByText('No sandbox yet').waitFor(SLOW)

  const variables = { groupId: createGroup.id, email: ann.email }
  const { createUser } = await asOrganizer<{ createUser: { id: string } }>(
    app,
    'mutation ($groupId: ID!, $email: String) { createUser(input: { groupId: $groupId, username: "ann", email: $email }) { id } }',
    variables,
  )
  await asOrganizer(app, 'mutation { createInstance(input: { group: "blue", username: "bob" }) { id } }')
  await untilLive(page, () => page.reload())
  await page.getByText('Not started yet').waitFor(SLOW)
  await asOrganizer(app, 'mutation ($id: ID!) { startUser(input: { id: $id }) { error { message } } }', {
    id: createUser.id,
  })

  const card = page.getByRole('article')
  await card.getByText('Running', { exact: true }).waitFor(SLOW)
  expect(await page.getByRole('article').count()).toBe(1)
  const link = card.getByRole('link', { name: 'Open VS Code' })
  expect(await link.getAttribute('rel')).toContain('noopener')
  await card.getByRole('button', { name: 'Pause' }).click()
  await card.getByText('Paused', { exact: true }).waitFor(SLOW)
  await card.getByRole('button', { name: 'Resume' }).click()
  await card.getByText('Running', { exact: true }).waitFor(SLOW)
})

test('a person is approved and suspended in Access', LONG, async () => {
  const app = await start()
  const cleo = await addPerson(app, 'Cleo', 'waiting')
  const waiting = await openAs(app, cleo, '/groups')
  await waiting.getByText('You’re signed in as Cleo').waitFor(SLOW)

  const page = await openPage(`${app.url}/settings`)
  await untilLive(page, () => signIn(page))
  await page.getByText('1 person is waiting for approval').waitFor(SLOW)
  await addPerson(app, 'Dan', 'waiting')
  await page.getByText('2 people are waiting for approval').waitFor(SLOW)

  const approve = page.getByRole('group', { name: 'Approve Cleo' }).getByRole('button', { name: /organizer/ })
  await untilLive(waiting, () => approve.click())
  // The page they had asked for.
  expect(waiting.url()).toBe(`${app.url}/groups`)
  await waiting.getByRole('link', { name: 'Settings' }).waitFor(SLOW)

  await page.getByRole('button', { name: 'Actions for Cleo' }).click()
  await page.getByRole('menuitem', { name: 'Suspend…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
  await waiting.getByText('You’re signed in as Cleo').waitFor(SLOW)
})

test('a token is shown once, works, and is revoked', LONG, async () => {
  const app = await start()
  const page = await openPage(`${app.url}/settings`)
  await untilLive(page, () => signIn(page))
  await page.getByRole('button', { name: 'New token' }).click()
  await page.getByLabel('Name', { exact: true }).fill('backup')
  await page.getByRole('button', { name: 'Create token' }).click()
  const token = await page.getByLabel('Token', { exact: true }).innerText()
  expect(token).toMatch(/^thon_/)
  await page.getByRole('button', { name: 'Done' }).click()
  expect(await page.content()).not.toContain(token)

  const asked = () => app.answer('{ groups { items { id } } }', {}, { authorization: `Bearer ${token}` })
  expect((await asked()).data).toEqual({ groups: { items: [] } })
  await page.getByRole('button', { name: 'Revoke backup' }).click()
  await page.getByRole('button', { name: 'Revoke token' }).click()
  await page.getByText('No tokens yet').waitFor(SLOW)
  expect((await asked()).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
})

test('a server without a login shows none', LONG, async () => {
  const app = await startApp({}, { dashboard: 'built' })
  await running(app)
  const page = await openPage(`${app.url}/login?to=/instances`)
  expect(page.url()).toBe(`${app.url}/instances`)
  expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0)
  await page.goto(`${app.url}/settings`)
  await page.getByText('No login is configured').waitFor(SLOW)
})
