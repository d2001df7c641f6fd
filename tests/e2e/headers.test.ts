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
  return Object.fromEntries(directives.map((one) => /^\s*(\S+)\s*(.*)$/.exec(one)?.slice(1) ?? ['', '']))
}

/** What became of a script that somebody got into the page: as an element, as a handler, and written into its HTML. */
async function inject(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const broken: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective))
    const script = document.createElement('script')
    script.textContent = 'document.title = "stolen"'
    const image = document.createElement('div')
    image.innerHTML = `<img src="data:," onerror="document.title = 'stolen'">`
    document.body.append(script, image)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return { broken: broken.sort(), stolen: document.title === 'stolen' }
  })
}

// openPage fails a test for whatever a page prints as an error, and browsers print what a policy forbids.
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

test('the policy lets the dashboard listen for changes', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(`${app.url}/groups`)
  await app.execute('mutation { createGroup(input: { name: "newcomers" }) { id } }')
  await page.getByText('newcomers').first().waitFor(SLOW)
})

test('the dashboard works from its sources too, with hot reload', { timeout: 120_000 }, async () => {
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

test('the nonce of the dashboard is another one each time', async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const nonces = [await policyOf(app, '/groups'), await policyOf(app, '/groups')].map((policy) => policy['script-src'])
  expect(nonces[0]).not.toBe(nonces[1])
})

test('pages keep their window and what it may use to themselves', async () => {
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

test('GraphiQL works under its policy: it reads the schema, asks and listens', async () => {
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

test.for(['/groups', '/docs', '/graphql'])('a script that got into %s does not run', async (path) => {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(app.url, /Content Security Policy/)
  await page.goto(app.url + path)
  expect(await inject(page)).toEqual({ broken: ['script-src-attr', 'script-src-elem'], stolen: false })
})

test.for(['/groups', '/docs', '/graphql'])('no other page can frame %s', async (path) => {
  const app = await startApp({}, { dashboard: 'built' })
  expect((await policyOf(app, path))['frame-ancestors']).toBe("'none'")
})

test('what is no page may load nothing', async () => {
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
