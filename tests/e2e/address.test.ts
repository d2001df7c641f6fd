import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureChromium } from '../kit/chromium.ts'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { docker, startDockerApp } from '../kit/docker-app.ts'
import { command, create, inState } from '../kit/instances.ts'
import { closeBrowser, openSandbox } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
/** Different in each run, since volume names are shared on the engine. */
const group = `addr${randomBytes(3).toString('hex')}`

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
  ensureChromium()
}, 300_000)

afterAll(closeBrowser)

test('page and WebSocket of a sandbox work, after a reload and in a second tab', LONG, async () => {
  const app = await startDockerApp()
  const { id } = await create(app, 'ann', { group })
  const { url } = await inState(app, id, 'RUNNING')
  const page = await openSandbox(url as string)
  const connected = (tab: typeof page) => tab.getByText('connected').waitFor()
  await connected(page)
  expect(page.url(), 'nothing secret in the address').toBe(url)
  expect(await page.evaluate('document.referrer')).toBe('')
  expect(await page.evaluate('document.cookie'), 'scripts cannot read the sandbox cookie').toBe('')
  await page.reload()
  await connected(page)
  const other = await page.context().newPage()
  await other.goto(url as string)
  await connected(other)
})

test('the status page opens the sandbox by itself, and comes back after a pause', LONG, async () => {
  const app = await startDockerApp({}, { dashboard: 'built' })
  const { id } = await create(app, 'bob', { group })
  const url = `${app.url.replace('127.0.0.1', `${group}-bob.localhost`)}/`
  const page = await openSandbox(url)
  await page.getByText('connected').waitFor({ timeout: 30_000 })
  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  await page.goto(url)
  await page.getByRole('heading', { name: 'Your sandbox is paused' }).waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByText('connected').waitFor({ timeout: 30_000 })
  const { ref } = await inState(app, id, 'RUNNING')
  await docker('kill', ref as string)
  await inState(app, id, 'TERMINATED')
  await page.reload()
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByText('connected').waitFor({ timeout: 30_000 })
})

test('a sandbox’s page can neither read nor act in another one, nor in THON', LONG, async () => {
  const app = await startDockerApp()
  const rows = await Promise.all(
    ['cy', 'dan'].map(async (name) => inState(app, (await create(app, name, { group })).id, 'RUNNING')),
  )
  const [mine, theirs] = rows.map(({ url }) => url as string)
  const page = await openSandbox(theirs as string)
  await page.getByText('connected').waitFor()
  await page.goto(mine as string)
  await page.getByText('connected').waitFor()
  const outcome = await page.evaluate(
    async ({ theirs, thon }) => {
      const tried = async (act: () => Promise<unknown>) => act().then(String, () => 'refused')
      const framed = () =>
        new Promise((resolve) => {
          const frame = document.createElement('iframe')
          frame.onload = () => {
            let there = 'refused'
            try {
              there = frame.contentDocument?.body.textContent ?? 'refused'
            } catch {}
            resolve(there)
          }
          frame.src = theirs
          document.body.append(frame)
        })
      const query = JSON.stringify({ query: 'mutation { createGroup(input: { name: "evil" }) { id } }' })
      const headers = { 'content-type': 'application/json' }
      document.cookie = 'tossed=1; domain=localhost'
      return {
        read: await tried(async () => (await fetch(theirs, { credentials: 'include' })).text()),
        framed: await framed(),
        socket: await tried(
          () =>
            new Promise((resolve, reject) => {
              const socket = new WebSocket(theirs.replace('http', 'ws') + 'ws')
              socket.onopen = resolve
              socket.onerror = reject
            }),
        ),
        thon: await tried(() => fetch(`${thon}/graphql`, { method: 'POST', headers, body: query })),
        blind: await tried(() => fetch(`${thon}/graphql`, { method: 'POST', mode: 'no-cors', body: query })),
      }
    },
    { theirs: theirs as string, thon: app.url.replace('127.0.0.1', 'localhost') },
  )
  expect(outcome).toMatchObject({ read: 'refused', framed: 'refused', socket: 'refused', thon: 'refused' })
  expect(await app.db.group.count({ where: { name: 'evil' } })).toBe(0)
  const cookies = await page.context().cookies()
  expect(cookies.map(({ name }) => name).sort()).toEqual(['thon-pass', 'thon-pass'])
})
