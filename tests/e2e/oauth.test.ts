import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { person } from '../kit/oauth-people.ts'
import { oauthStandIn } from '../kit/oauth-provider.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

test('people sign in with a provider and get their page; the second one waits', LONG, async () => {
  const at = await oauthStandIn()
  const app = await startApp(
    { AUTH_ENABLED: 'true', AUTH_SESSION_SECRET: 'a secret of the tests, long enough for it', ...at.environment() },
    { dashboard: 'built' },
  )
  at.who = person({ id: 1, login: 'first' })
  const first = await openPage(`${app.url}/groups`)
  expect(new URL(first.url()).pathname).toBe('/login')
  await first.getByRole('button', { name: /GitHub/ }).click()
  await first.waitForURL(`${app.url}/groups`, SLOW)
  await first.getByRole('heading', { name: 'Groups', exact: true }).waitFor(SLOW)

  at.who = person({ id: 2, login: 'second' })
  const second = await openPage(`${app.url}/`)
  await second.getByRole('button', { name: /GitLab/ }).click()
  await second.getByText(/Ask an organizer/).waitFor(SLOW)

  const rows = await app.db.identity.findMany({ orderBy: { createdAt: 'asc' } })
  expect(rows.map(({ provider, role }) => [provider, role])).toEqual([
    ['github', 'organizer'],
    ['gitlab', 'waiting'],
  ])
  expect(at.complaints).toEqual([])
})

test('after pressing Cancel at the provider people can try again', LONG, async () => {
  const at = await oauthStandIn()
  const app = await startApp(
    { AUTH_ENABLED: 'true', AUTH_SESSION_SECRET: 'a secret of the tests, long enough for it', ...at.environment() },
    { dashboard: 'built' },
  )
  at.denies = true
  const page = await openPage(`${app.url}/login`)
  await page.getByRole('button', { name: /LinkedIn/ }).click()
  await page.getByRole('alert').filter({ hasText: 'The sign-in failed' }).waitFor(SLOW)
  at.denies = false
  await page.getByRole('button', { name: /LinkedIn/ }).click()
  await page.getByRole('heading', { name: 'Instances', exact: true }).waitFor(SLOW)
})
