import { expect, onTestFinished } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from './chromium.ts'

let browser: Browser | undefined

/** A page in a profile of its own. Whatever it prints as an error, or throws, fails the test. */
export async function openPage(url: string, size = { width: 1440, height: 900 }): Promise<Page> {
  browser ??= await openBrowser()
  const context = await browser.newContext({ viewport: size })
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
    expect(faults.filter((fault) => !isExpected(fault))).toEqual([])
  })
  await page.goto(url)
  return page
}

/** What the browser itself prints when a test takes the server or a sandbox away. */
function isExpected(fault: string): boolean {
  return /WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE/.test(fault)
}

/** Ends the browser; call it in afterAll. */
export async function closeBrowser(): Promise<void> {
  await browser?.close()
  browser = undefined
}
