import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

/** The directives of a page's Content-Security-Policy. */
async function policyOf(app: TestApp, path: string): Promise<Record<string, string>> {
  const response = await fetch(app.url + path, { headers: { Accept: 'text/html' } })
  const directives = (response.headers.get('content-security-policy') ?? '').split(';')
  const parts = directives.map((one) => /^\s*(\S+)\s*(.*)$/.exec(one) ?? [])
  return Object.fromEntries(parts.map(([, name = '', value = '']) => [name, value]))
}

/** Injects a script into the page, as an element and as a handler in HTML. @returns what the policy blocked, and what ran */
async function inject(page: Page): Promise<unknown> {
  return page.evaluate<unknown>(async () => {
    const blocked: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective))
    const script = document.createElement('script')
    script.textContent = 'document.title = "stolen"'
    const image = document.createElement('div')
    image.innerHTML = `<img src="data:," onerror="document.title = 'stolen'">`
    document.body.append(script, image)
    // Each of the two is either blocked or runs.
    while (blocked.length < 2 && document.title !== 'stolen') await new Promise((resolve) => setTimeout(resolve, 20))
    return { blocked: blocked.sort(), stolen: document.title === 'stolen' }
  })
}

// openPage fails a test for every error on the console, and browsers print there what a policy forbids.
test.for(['/', '/instances', '/groups', '/activity'])('%s works under its policy', async (path) => {
  const app = await startApp({}, { dashboard: 'built' })
  await openPage(app.url + path)
  const { 'script-src': scripts, ...others } = await policyOf(app, path)
  expect(scripts).toMatch(/^'self' 'nonce-[^' ]+'$/)
  expect(others).toEqual({
    'default-src': "'self'",
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data:",
    'connect-src': "'self'",
    'frame-ancestors': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'object-src': "'none'",
  })
})

test('the policy lets the dashboard subscribe to changes', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(`${app.url}/groups`)
  await app.execute('mutation { createGroup(input: { name: "newcomers" }) { id } }')
  await page.getByText('newcomers').first().waitFor(SLOW)
})

test('the dashboard works from its sources, with hot reload', { timeout: 120_000 }, async () => {
  const app = await startApp({}, { dashboard: 'dev' })
  const page = await openPage(`${app.url}/groups`)
  // Vite says so on the console once its own socket, on another port, is open.
  const connected = page.waitForEvent('console', {
    predicate: (message) => message.text() === '[vite] connected.',
    ...SLOW,
  })
  await page.reload()
  await connected
  expect((await policyOf(app, '/groups'))['connect-src']).toBe("'self' ws:")
})

test('the nonce of the dashboard differs each time', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const nonces = [await policyOf(app, '/groups'), await policyOf(app, '/groups')].map((policy) => policy['script-src'])
  expect(nonces[0]).not.toBe(nonces[1])
})

test('pages are isolated from other windows, frames and devices', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const { headers } = await fetch(`${app.url}/groups`)
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  expect(headers.get('permissions-policy')).toContain('camera=(), ')
  expect(headers.get('x-frame-options')).toBe('DENY')
})

test('Swagger UI works under its policy', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(app.url)
  await page.goto(`${app.url}/docs`)
  await page.getByText('THON REST API').first().waitFor(SLOW)
  await page.locator('.opblock-summary-path', { hasText: '/api/instances' }).first().waitFor(SLOW)
})

test('GraphiQL works under its policy: schema, query and subscription', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(app.url)
  const ask = async (query: string) => {
    await page.goto(`${app.url}/graphql?query=${encodeURIComponent(query)}`)
    await page.getByRole('button', { name: /execute/i }).click(SLOW)
  }
  await ask('{ viewer { name } }')
  await page.locator('.graphiql-response').getByText('organizer').first().waitFor(SLOW)
  await page.getByRole('button', { name: /show documentation explorer/i }).click()
  await page.locator('.graphiql-doc-explorer').getByText('Subscription').first().waitFor(SLOW)
  await ask('subscription { groupChanged { kind } }')
  await page.locator('.graphiql-response').getByText('READY').first().waitFor(SLOW)
})

test.for(['/groups', '/docs', '/graphql'])('a script injected into %s does not run', async (path) => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(app.url, /Content Security Policy/)
  await page.goto(app.url + path)
  expect(await inject(page)).toEqual({ blocked: ['script-src-attr', 'script-src-elem'], stolen: false })
})

test.for(['/groups', '/docs', '/graphql'])('no other page can frame %s', async (path) => {
  const app = await startApp({}, { dashboard: 'built' })
  expect((await policyOf(app, path))['frame-ancestors']).toBe("'none'")
})

test('answers that are not pages may load nothing', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const policies = [
    await fetch(`${app.url}/graphql?query={__typename}`),
    await fetch(`${app.url}/graphql`, {
      method: 'POST',
      body: new Blob(['x']).stream(),
      duplex: 'half',
    } as RequestInit),
    await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Origin: 'http://evil.example' } }),
  ].map(({ headers }) => headers.get('content-security-policy'))
  expect(new Set(policies)).toEqual(new Set(["default-src 'none'; frame-ancestors 'none'"]))
})
