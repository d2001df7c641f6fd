import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { codeServerImage } from '../kit/code-server.ts'
import { ensureDocker } from '../kit/docker.ts'
import { docker, startDockerApp } from '../kit/docker-app.ts'
import { command, create, inState } from '../kit/instances.ts'
import { closeBrowser, openSandbox } from '../kit/pages.ts'
import { QUIET_SETTINGS, Workbench } from '../kit/workbench.ts'

const LONG = { timeout: 300_000 }

beforeAll(async () => {
  await ensureDocker()
  ensureChromium()
}, 300_000)

afterAll(closeBrowser)

/** A server whose sandboxes are real code-servers with these settings. */
async function startIdeApp(settings: object) {
  const app = await startDockerApp({
    ...{ SANDBOX_IMAGE: codeServerImage, THON_READY_SECONDS: '90', SANDBOX_MEMORY: '1g' },
  })
  const store = (content: object) =>
    app.services.configFiles.update(organizer, 'config_vscode_settings', {
      content: `// Of the event\n${JSON.stringify(content)}`,
    })
  await store(settings)
  return { app, store }
}

test('in a real code-server, files, terminal and preview work, also after a reload', LONG, async () => {
  const { app } = await startIdeApp(QUIET_SETTINGS)
  const group = `ide${randomBytes(3).toString('hex')}`
  const { id } = await create(app, 'ann', { group })
  const { url, ref } = await inState(app, id, 'RUNNING', 120)
  const page = await openSandbox(url as string)
  const refused: string[] = []
  page.context().on('response', (response) => {
    if ([401, 403, 502, 503, 504].includes(response.status())) refused.push(`${response.status()} ${response.url()}`)
  })
  const sockets: string[] = []
  page.on('websocket', (socket) => sockets.push(socket.url()))
  const workbench = new Workbench(page)
  await workbench.ready()
  await workbench.write('/workspace/hello.md', '# Hello hall')
  const inside = (file: string) => docker('exec', ref as string, 'cat', `/workspace/${file}`).catch(() => '')
  await expect.poll(() => inside('hello.md'), { timeout: 20_000 }).toBe('# Hello hall')

  await workbench.terminal('cat hello.md > copy.txt && echo done-$((6*7)) >> copy.txt', async () =>
    (await inside('copy.txt')).includes('done-42'),
  )

  await workbench.preview('hello.md', 'Hello hall')

  await workbench.reload()
  await workbench.open('copy.txt')
  await workbench.shows('done-42')

  const other = new Workbench(await page.context().newPage())
  await other.goto(url as string)
  await other.ready()
  expect(refused).toEqual([])
  expect(sockets.length).toBeGreaterThan(1)
  expect(sockets.filter((socket) => !socket.includes('reconnection=false'))).toEqual([])

  await command(app, 'pauseInstance', id)
  await inState(app, id, 'PAUSED')
  await workbench.goto(url as string)
  await page.getByRole('heading', { name: 'Your sandbox is paused' }).waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await workbench.ready()
})

test('a real code-server uses the stored settings, and later changes of them', LONG, async () => {
  const { app, store } = await startIdeApp({ 'workbench.colorTheme': 'Solarized Light' })
  const { id } = await create(app, 'ann', { group: `ide${randomBytes(3).toString('hex')}` })
  const { url } = await inState(app, id, 'RUNNING', 120)
  const page = await openSandbox(url as string)
  const workbench = new Workbench(page)
  await workbench.ready()
  const looks = () => page.locator('.monaco-workbench').getAttribute('class')
  await expect.poll(looks, { timeout: 30_000 }).toContain('solarized-light')
  await store({ 'workbench.colorTheme': 'Monokai' })
  await app.execute('mutation ($ids: [ID!]!) { updateInstanceFiles(input: { ids: $ids }) { error { message } } }', {
    ids: [id],
  })
  // Images that can watch files need no reload.
  await workbench.reload()
  await expect.poll(looks, { timeout: 30_000 }).toContain('monokai')
})
