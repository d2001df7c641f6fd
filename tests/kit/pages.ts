import { expect, onTestFinished } from 'vitest'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openBrowser } from './chromium.ts'

let browser: Browser | undefined

/**
 * A page in a profile of its own. Whatever it prints as an error, throws, or asks of another host, fails the test.
 * @param meant errors that the test brings about
 */
export async function openPage(url: string, meant = /^$/): Promise<Page> {
  const context = await openContext()
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    const { hostname } = new URL(request.url())
    if (!['127.0.0.1', 'localhost', ''].includes(hostname)) faults.push(`asked another host: ${request.url()}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults.filter((fault) => !isExpected(fault) && !meant.test(fault))).toEqual([])
  })
  await load(page, url)
  return page
}

/**
 * Loads a page until its scripts run. Each container that starts or ends adds or removes a network interface, at which
 * Chromium breaks off all requests under way (ERR_NETWORK_CHANGED), loopback or not; people reload then.
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

/** Waits until the scripts of a dashboard's page run: before that its buttons do nothing. Whatever loads a page anew needs it. */
export async function awake(page: Page): Promise<void> {
  // Only the running page knows which theme is chosen.
  await page.locator('[role=radio][aria-checked=true]').first().waitFor({ timeout: 15_000 })
}

/** A page that is not the dashboard's, in a profile of its own. Ends with the test. */
export async function openSandbox(url: string): Promise<Page> {
  const context = await openContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  // Containers that come and go break off requests, as above.
  for (let attempt = 1; attempt < 5; attempt++) if (await page.goto(url).catch(() => null)) return page
  await page.goto(url)
  return page
}

/** Ends the browser; call it in afterAll. */
export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}

async function openContext(): Promise<BrowserContext> {
  browser ??= await openBrowser()
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    // Sign-in providers that tests play have certificates of their own.
    ignoreHTTPSErrors: true,
  })
  return context
}

/** What the browser itself prints when a test takes the server away, or a container comes or goes. */
function isExpected(fault: string): boolean {
  return /WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_NETWORK_CHANGED|Failed to fetch dynamically imported/.test(
    fault,
  )
}
