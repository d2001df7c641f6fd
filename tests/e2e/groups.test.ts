import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { startDockerApp, docker } from '../kit/docker-app.ts'
import { ensureDocker, ensureTestImages } from '../kit/docker.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 180_000 }
const SLOW = { timeout: 30_000 }

/** In the names of groups: all runs share the volumes of one engine. */
const run = randomBytes(3).toString('hex')

beforeAll(async () => {
  await ensureDocker()
  await ensureTestImages()
  ensureChromium()
}, 300_000)

afterAll(closeBrowser)

function row(page: Page, label: string) {
  return page.getByRole('row').filter({ has: page.getByRole('checkbox', { name: `Select ${label}`, exact: true }) })
}

async function waitForState(page: Page, label: string, state: RegExp): Promise<void> {
  await row(page, label).getByText(state).first().waitFor(SLOW)
}

async function choose(page: Page, label: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${label}`, exact: true }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

test('a group created, filled and started on one page shows up live on another', LONG, async () => {
  const app = await startDockerApp({}, { dashboard: 'built' })
  const [acting, watching] = [await openPage(`${app.url}/groups`), await openPage(`${app.url}/instances`)]
  const group = `team-${run}`

  await acting
    .getByRole('button', { name: /create (a )?group|new group/i })
    .first()
    .click()
  await acting.getByLabel('Name').fill(group)
  await acting.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await acting.getByRole('button', { name: `Actions for group ${group}` }).click()
  await acting.getByRole('menuitem', { name: 'Add user…' }).click()
  const form = acting.getByRole('form', { name: `Add a user to ${group}` })
  for (const name of ['ann', 'bob', 'cleo']) {
    await form.getByLabel('Username').fill(name)
    await form.getByLabel('Username').press('Enter')
    await form.getByText(`Added ${name}.`).waitFor(SLOW)
  }
  await acting.getByRole('button', { name: `Start all of ${group}` }).click()

  for (const name of ['ann', 'bob', 'cleo']) await waitForState(watching, `${group}/${name}`, /^running$/i)
  const link = watching.getByRole('link', { name: `Open VS Code of ${group}/ann` })
  const [tab] = await Promise.all([watching.context().waitForEvent('page'), link.click()])
  await tab.waitForURL((url) => url.hostname === `${group}-ann.localhost` && url.pathname === '/')
  expect(await tab.title()).toContain('code-server')
})

test('changes from a shell, another page or in bulk show without a reload', LONG, async () => {
  const app = await startDockerApp({}, { dashboard: 'built' })
  const [acting, watching] = [await openPage(`${app.url}/instances`), await openPage(`${app.url}/instances`)]
  const names = ['dan', 'eve']
  for (const name of names) {
    await acting
      .getByRole('button', { name: /create/i })
      .first()
      .click()
    await acting.getByRole('dialog').getByLabel('Group').fill(`live-${run}`)
    await acting.getByRole('dialog').getByLabel('Username').fill(name)
    await acting.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
    await waitForState(watching, `live-${run}/${name}`, /^running$/i)
  }
  const container = await docker(
    'ps',
    '-q',
    '--filter',
    `label=thon.username=dan`,
    '--filter',
    `label=thon.group=live-${run}`,
  )
  await docker('pause', container)
  await waitForState(watching, `live-${run}/dan`, /^paused$/i)
  await choose(acting, `live-${run}/dan`, 'Resume')
  await waitForState(watching, `live-${run}/dan`, /^running$/i)

  for (const name of names) await row(acting, `live-${run}/${name}`).getByRole('checkbox').check()
  await acting.getByRole('button', { name: 'Kill…', exact: true }).click()
  await acting
    .getByRole('alertdialog')
    .or(acting.getByRole('dialog'))
    .getByRole('button', { name: /^Kill 2 / })
    .click()
  for (const name of names) await waitForState(watching, `live-${run}/${name}`, /^(terminated|stopped)$/i)
})

test('a groups file is previewed, its problems are listed by line, then imported', LONG, async () => {
  const app = await startDockerApp({}, { dashboard: 'built' })
  const page = await openPage(`${app.url}/groups`)
  await page
    .getByRole('button', { name: /import/i })
    .first()
    .click()
  const text = page.getByRole('dialog').getByRole('textbox')
  await text.fill('groups:\n  red: [ann]\n  blue: [a/b]\n')
  await page
    .getByRole('dialog')
    .getByText(/line 3/i)
    .first()
    .waitFor(SLOW)
  await text.fill(
    'event_id: h26\ntitle: Hack 2026\ngroups:\n  red: [ann, bob]\n  blue:\n    users: [{ name: cy, email: cy@example.org }]\n',
  )
  const apply = page.getByRole('dialog').getByRole('button', { name: /^Apply \d+ changes$/ })
  await apply.waitFor(SLOW)
  await expect.poll(() => apply.isEnabled(), SLOW).toBe(true)
  const { groups } = await app.execute<{ groups: { items: unknown[] } }>('{ groups { items { id } } }')
  expect(groups.items).toEqual([])
  await apply.click()
  await page.getByRole('button', { name: 'Start all of red' }).waitFor(SLOW)
  await page.getByRole('button', { name: 'Start all of blue' }).waitFor(SLOW)
})

test('the first HTML has the data, without any script', LONG, async () => {
  const app = await startDockerApp({}, { dashboard: 'built' })
  await app.execute('mutation { createGroup(input: { name: "painted" }) { id } }')
  const html = await (await fetch(`${app.url}/groups`)).text()
  expect(html).toContain('painted')
})

test('a page says that it lost the server, and catches up when the server is back', LONG, async () => {
  const first = await startDockerApp({}, { dashboard: 'built' })
  const port = new URL(first.url).port
  const page = await openPage(`${first.url}/groups`)
  await page
    .getByText(/no groups/i)
    .first()
    .waitFor(SLOW)
  await first.app.close()
  await page
    .getByText(/connection lost/i)
    .first()
    .waitFor(SLOW)
  const second = await startDockerApp({ THON_PORTS: port }, { dashboard: 'built', dir: first.dir })
  await second.execute('mutation { createGroup(input: { name: "meanwhile" }) { id } }')
  await page.getByRole('button', { name: 'Start all of meanwhile' }).waitFor(SLOW)
  await page
    .getByText(/connection lost/i)
    .first()
    .waitFor({ state: 'detached', ...SLOW })
})
