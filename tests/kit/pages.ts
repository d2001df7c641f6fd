import { expect, onTestFinished } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser } from './chromium.ts'

let browser: Browser | undefined

/**
 * A page of the dashboard in its own profile. Errors it prints or throws, and requests to other hosts, fail the test.
 * @param expected errors that the test causes
 */
export async function openPage(url: string, expected = /^$/): Promise<Page> {
  const context = await openContext()
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('request', (request) => {
    const { hostname } = new URL(request.url())
    if (!['127.0.0.1', 'localhost', ''].includes(hostname)) errors.push(`requested another host: ${request.url()}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(errors.filter((error) => !isHarmless(error) && !expected.test(error))).toEqual([])
  })
  await load(page, url)
  return page
}

/**
 * Loads a page until its scripts run. Each container that starts or stops changes the network interfaces, and Chromium then aborts
 * all requests in progress (ERR_NETWORK_CHANGED), even on loopback. People would reload the page.
 */
async function load(page: Page, url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await page.goto(url)
      await awake(page)
      return
    } catch (error) {
      if (attempt === 5) throw error
    }
  }
}

/** Waits until the scripts of a dashboard page run: until then its buttons do nothing. Call it after every load. */
export async function awake(page: Page): Promise<void> {
  // Only the running scripts know which theme is selected.
  await page.locator('[role=radio][aria-checked=true]').first().waitFor({ timeout: 15_000 })
}

/** A page outside of the dashboard, in its own profile. Closed after the test. */
export async function openSandbox(url: string): Promise<Page> {
  const context = await openContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  // Containers that start and stop abort requests, as above.
  for (let attempt = 1; attempt < 5; attempt++) if (await page.goto(url).catch(() => null)) return page
  await page.goto(url)
  return page
}

/** Closes the browser. Call it in afterAll. */
export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}

async function openContext(): Promise<BrowserContext> {
  browser ??= await openBrowser()
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    // Sign-in providers of the kit have self-signed certificates.
    ignoreHTTPSErrors: true,
  })
  return context
}

/** Whether the browser prints it when a test stops the server, or when a container starts or stops. */
function isHarmless(error: string): boolean {
  return /WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_NETWORK_CHANGED|Failed to fetch dynamically imported/.test(
    error,
  )
}
