import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import { install, mayInstall } from './debian.ts'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Makes sure that a Chromium is on this machine; installs Debian's where we may. Throws, saying what to do. */
export function ensureChromium(): void {
  if (find()) return
  if (!mayInstall()) throw new Error('These tests need Chromium (Debian: apt-get install chromium).')
  install(['chromium', 'fonts-dejavu-core'])
  if (!find()) throw new Error('chromium was installed, but is not at /usr/bin/chromium.')
}

/** A headless browser with a fresh profile that talks to nobody but the pages of a test. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: find(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

function find(): string | undefined {
  return PATHS.find((path) => existsSync(path))
}
