/**
 * Takes the README's pictures from a real THON in a real Chromium: docs/dashboard.png and docs/start-all.gif. Needs Docker,
 * Chromium, and ImageMagick's `convert` (Debian: imagemagick).
 *
 * usage: node scripts/pictures.ts [image]    a sandbox image; the tiny one of the tests by default
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { openBrowser } from '../tests/kit/chromium.ts'
import { ensureTestImages, testImage } from '../tests/kit/docker-images.ts'

const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')
/** Between two frames, in milliseconds. */
const FRAME_MS = 200
const TEAMS = {
  'blue-whales': ['ada', 'bo', 'cleo', 'dev'],
  'green-foxes': ['emil', 'fay', 'gus', 'hana'],
  'red-pandas': ['ines', 'jo', 'kai', 'lena'],
}

const dir = mkdtempSync(join(tmpdir(), 'thon-pictures-'))
const image = process.argv[2] ?? testImage
await ensureTestImages()
const { server, url } = await startServer()
const browser = await openBrowser()
try {
  await importTeams()
  const page = await browser.newPage({ viewport: { width: 1200, height: 750 }, colorScheme: 'dark' })
  await page.goto(`${url}/groups`)
  const frames = await record(page, async () => {
    for (const team of Object.keys(TEAMS)) {
      await page.getByRole('button', { name: `Start all of ${team}` }).click()
      await sleep(600)
    }
    await page.getByText('4 of 4 running').nth(2).waitFor({ timeout: 60_000 })
    await sleep(1_500)
  })
  execFileSync('convert', [
    ...['-delay', String(FRAME_MS / 10), '-loop', '0', ...frames, '-resize', '960x'],
    // Without dithering, so that what stays the same on the page stays the same in the frames.
    ...['+dither', '-colors', '128', '-layers', 'optimize', join(docs, 'start-all.gif')],
  ])
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.goto(`${url}/instances`)
  await page.getByText('Running').nth(8).waitFor({ timeout: 60_000 })
  await page.screenshot({ path: join(docs, 'dashboard.png') })
} finally {
  await browser.close()
  await stop(server)
  rmSync(dir, { recursive: true, force: true })
}

/** A server with an empty database on free ports. */
async function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['server/cli/main.ts', 'serve', '--json'], {
    cwd: root,
    env: { ...process.env, THON_DB_PATH: join(dir, 'thon.db'), THON_PORTS: '0', SANDBOX_IMAGE: image, HOME: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const chunk of child.stdout) {
    const line = String(chunk)
    if (line.startsWith('{')) return { server: child, url: (JSON.parse(line) as { urls: string[] }).urls[0] ?? '' }
  }
  throw new Error('The server did not start.')
}

async function importTeams(): Promise<void> {
  for (const [name, users] of Object.entries(TEAMS)) {
    const response = await post('/api/groups', { name })
    const { id } = (await response.json()) as { id: string }
    for (const username of users) await post(`/api/groups/${id}/users`, { username })
  }
}

function post(path: string, body: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' }
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Takes a picture of the page every FRAME_MS while `act` runs. @returns their paths, in order */
async function record(page: Page, act: () => Promise<void>): Promise<string[]> {
  const frames: string[] = []
  const running = { yes: true }
  const acting = act().finally(() => (running.yes = false))
  while (running.yes) {
    const path = join(dir, `${String(frames.length).padStart(4, '0')}.png`)
    await Promise.all([page.screenshot({ path }), sleep(FRAME_MS)])
    frames.push(path)
  }
  await acting
  return frames
}

/** Kills the sandboxes of the server, then the server. */
async function stop(child: ChildProcess): Promise<void> {
  const list = (await (await fetch(`${url}/api/instances?page_size=100`)).json()) as { instances: { id: string }[] }
  await post('/api/instances/bulk/kill', { ids: list.instances.map(({ id }) => id) })
  await sleep(3_000)
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
}
