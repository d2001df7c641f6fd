import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureChromium } from '../kit/chromium.ts'
import { codeServerImage } from '../kit/code-server.ts'
import { ensureDocker } from '../kit/docker.ts'
import { docker } from '../kit/docker-app.ts'
import { closeBrowser, openSandbox } from '../kit/pages.ts'
import { Home } from '../kit/thon-command.ts'
import { QUIET_SETTINGS, Workbench } from '../kit/workbench.ts'

const USERS = ['ann', 'bob', 'cy', 'dan']
/** Each has two WebSockets: for files and terminals, and for extensions. */
const PAGES = 10

beforeAll(async () => {
  await ensureDocker()
  ensureChromium()
}, 300_000)

afterAll(closeBrowser)

/** A page with VS Code, in whose terminal every line goes into a file. */
interface Typist {
  page: Page
  /** Lines typed so far. */
  typed: string[]
  /** Lines that have arrived in the sandbox. */
  arrived: () => Promise<string[]>
}

async function openTypist(url: string, container: string, name: string, sockets: string[]): Promise<Typist> {
  const page = await openSandbox('about:blank')
  page.on('websocket', (socket) => {
    sockets.push(`opened ${name}`)
    socket.on('close', () => sockets.push(`closed ${name}`))
  })
  const workbench = new Workbench(page)
  await workbench.goto(url)
  await workbench.ready()
  const file = `/workspace/${name}.txt`
  const exists = () =>
    docker('exec', container, 'test', '-e', file).then(
      () => true,
      () => false,
    )
  await workbench.terminal(`cat > ${file}`, exists)
  const arrived = async () => (await docker('exec', container, 'cat', file)).split('\n').filter(Boolean)
  return { page, typed: [], arrived }
}

async function type({ page, typed }: Typist, line: string): Promise<void> {
  typed.push(line)
  await page.keyboard.insertText(line)
  await page.keyboard.press('Enter')
}

test(
  'twenty connections of real code-servers go on typing while THON restarts, and when it is killed',
  { timeout: 900_000 },
  async () => {
    const group = `again${randomBytes(3).toString('hex')}`
    const home = new Home({ SANDBOX_IMAGE: codeServerImage, THON_READY_SECONDS: '90', SANDBOX_MEMORY: '2g' })
    writeFileSync(home.path('groups.yaml'), `groups:\n  ${group}: [${USERS.join(', ')}]\n`)
    writeFileSync(home.path('settings.json'), JSON.stringify(QUIET_SETTINGS))
    const server = await home.serve()
    const { instances } = await home.json<{ instances: { id: string; username: string; url: string }[] }>([
      ...['launch', '--groups', 'groups.yaml', '--vscode-settings', 'settings.json'],
    ])
    const containers = new Map<string, string>()
    for (const { id } of instances)
      containers.set(id, await docker('ps', '-q', '--filter', `label=thon.instance=${id}`))
    const sockets: string[] = []
    const typists: Typist[] = []
    for (let index = 0; index < PAGES; index++) {
      const { id, url } = instances[index % instances.length]!
      typists.push(await openTypist(url, containers.get(id)!, `page${index}`, sockets))
    }
    expect(sockets.filter((one) => one.startsWith('opened')).length).toBeGreaterThanOrEqual(2 * PAGES)
    const before = sockets.length

    const typeUntil = async (phase: string, work: Promise<unknown>) => {
      const state = { done: false }
      const done = work.finally(() => (state.done = true))
      for (let line = 0; !state.done || line < 3; line++)
        for (const typist of typists) await type(typist, `${phase}-${line}`)
      await done
    }
    await typeUntil('restart', home.json(['restart']))
    await server.kill()
    await typeUntil('killed', home.serve())

    for (const { typed, arrived } of typists) await expect.poll(arrived, { timeout: 20_000 }).toEqual(typed)
    expect(sockets.slice(before), 'no connection was closed or opened meanwhile').toEqual([])
  },
)
