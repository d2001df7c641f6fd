import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { applyConfig, keyAt, updateSettings } from '../kit/gateway.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { personalLink, team } from '../kit/links.ts'
import { awake, closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

/** Opens the page of a THON with one group. */
async function openGateway(users: string[], environment: Record<string, string> = {}) {
  const apisix = await ApisixStandIn.start()
  const app = await startApp({ ...apisix.environment, ...environment }, { dashboard: 'built' })
  const group = await addGroup(app, 'alpha', users)
  return { apisix, app, group, page: await openPage(`${app.url}/gateway`) }
}

test('one click creates the route and the consumers, and every open page shows it', LONG, async () => {
  const { page, app, apisix } = await openGateway(['ann', 'bob'])
  const other = await openPage(`${app.url}/gateway`)
  await page.getByText('"Apply" creates the route and 2 consumers.').waitFor(SLOW)
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  for (const one of [page, other]) {
    await one.getByText('Applied: 3 of 3').waitFor(SLOW)
    const steps = one.getByRole('list', { name: 'Steps of applying' })
    expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/Route\s+Up to date/),
      expect.stringMatching(/alpha\/ann\s+Created/),
      expect.stringMatching(/alpha\/bob\s+Created/),
    ])
    await one.getByRole('row', { name: /alpha-bob/ }).waitFor(SLOW)
  }
  expect(await page.content()).not.toContain(keyAt(apisix, 'alpha-ann').replace('Bearer ', ''))
  await page.getByRole('button', { name: 'Show the key of alpha-ann' }).click()
  await page.getByText(keyAt(apisix, 'alpha-ann').replace('Bearer ', '')).waitFor(SLOW)
  await page.goto(`${app.url}/activity`)
  await page.getByText('reveal key', { exact: false }).first().waitFor(SLOW)
})

test('a job that stops early says so, and a second click finishes it', LONG, async () => {
  const { page, apisix } = await openGateway(Array.from({ length: 30 }, (_, n) => `u${n}`))
  apisix.writesLeft = 12
  await page.getByRole('button', { name: 'Apply', exact: true }).click(SLOW)
  await page.getByText(/Stopped early: \d+ of 31 done/).waitFor(SLOW)
  await page.getByText('Offline').waitFor(SLOW)
  apisix.writesLeft = Infinity
  await apisix.server.up()
  await page.getByText('RUNNING').waitFor(SLOW)
  await page.getByRole('button', { name: 'Apply the rest' }).click(SLOW)
  await page.getByText('Applied: 31 of 31').waitFor(SLOW)
  expect(apisix.consumers.size).toBe(30)
})

test('a page opened during or after a job shows all of its steps', LONG, async () => {
  const { page, app, apisix } = await openGateway(Array.from({ length: 30 }, (_, n) => `u${n}`))
  apisix.writesLeft = 12
  const released = Promise.withResolvers<void>()
  apisix.onBreak = () => released.promise
  await page.getByRole('button', { name: 'Apply', exact: true }).click(SLOW)
  await page.getByText(/Applying: 12 of 31/).waitFor(SLOW)
  const late = await openPage(`${app.url}/gateway`)
  for (const one of [page, late])
    await expect
      .poll(() => one.getByRole('list', { name: 'Steps of applying' }).getByRole('listitem').count(), SLOW)
      .toBe(31)
  released.resolve()
  for (const one of [page, late]) {
    await one.getByText('Applied: 31 of 31').waitFor(SLOW)
    expect(await one.getByText('Waiting').count()).toBe(0)
  }
})

test('sandboxes with an old key are counted, and get the new one with two clicks', LONG, async () => {
  const { page, app, group } = await openGateway(['ann', 'bob'])
  await app.services.configFiles.update(organizer, 'config_kilo_json', { content: '{ "apiKey": "PLACEHOLDER" }' })
  await app.execute('mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }', { id: group.id })
  await app.until<{ instances: { items: { state: string }[] } }>('{ instances { items { state } } }', {}, (data) =>
    data.instances.items.every(({ state }) => state === 'RUNNING'),
  )
  await page.getByRole('button', { name: 'Apply', exact: true }).click(SLOW)
  await page.getByText('2 running sandboxes have an old key or none').waitFor(SLOW)
  await page.getByRole('button', { name: 'Send keys…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Send keys' }).click()
  await page.getByText('Key sent to 2 sandboxes').waitFor(SLOW)
  await page.getByText('2 running sandboxes have an old key').waitFor({ ...SLOW, state: 'detached' })
})

test('after a change of the mode, keys can only be deleted once it is applied', LONG, async () => {
  const { page, app } = await openGateway(['ann', 'bob'])
  await applyConfig(app)
  await updateSettings(app, { mode: 'PER_GROUP' })
  await page.getByText('2 consumers are orphaned').waitFor(SLOW)
  await page.getByText('Apply first').waitFor(SLOW)
  expect(await page.getByRole('button', { name: 'Delete them…' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Apply', exact: true }).click(SLOW)
  await page.getByRole('button', { name: 'Delete them…' }).waitFor(SLOW)
})

test('the gateway is turned on in the settings, which show no secrets', LONG, async () => {
  const { page, apisix, app } = await openGateway(['ann'], { GATEWAY_ENABLED: 'false', GATEWAY_ADMIN_KEY: '' })
  await page.getByRole('button', { name: 'Turn on…' }).click(SLOW)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tokens per user').fill('0')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('must be at least 1').waitFor(SLOW)
  await dialog.getByLabel('Tokens per user').fill('750')
  await dialog.getByLabel('Admin key').fill('not the key')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('must be printable ASCII characters without spaces').waitFor(SLOW)
  await dialog.getByLabel('Admin key').fill('wrong')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Unauthorized').waitFor(SLOW)
  await page.getByRole('button', { name: 'Settings…' }).click()
  await dialog.getByRole('button', { name: 'Replace or remove' }).click()
  await dialog.getByLabel('Admin key').fill(apisix.key)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('RUNNING').waitFor(SLOW)
  await page.getByText('750 per minute for each user').waitFor(SLOW)
  const html = await (await fetch(`${app.url}/gateway`)).text()
  expect(html).toContain('Gateway')
  expect(html).not.toContain(apisix.key)
})

test('consumers are created, get a new key, and are deleted one by one or together', LONG, async () => {
  const { page, apisix, app, group } = await openGateway(['ann', 'bob', 'cy'])
  await applyConfig(app)
  for (const name of ['bob', 'cy'])
    await app.services.users.deleteUser(organizer, userOf(group, name).id, { deleteWorkspaces: false })
  const dialog = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Create consumer' }).click(SLOW)
  await dialog.getByLabel('Name').fill('a mentor')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('must be 1 to 256 letters').waitFor(SLOW)
  await dialog.getByLabel('Name').fill('mentor')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('dialog', { name: 'API key of mentor' }).waitFor(SLOW)
  const first = keyAt(apisix, 'mentor')
  await dialog.getByText(first.replace('Bearer ', '')).waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page.getByRole('button', { name: 'Actions for mentor' }).click(SLOW)
  await page.getByRole('menuitem', { name: 'New key…' }).click()
  await dialog.getByRole('button', { name: 'Create new key' }).click()
  await page.getByRole('dialog', { name: 'API key of mentor' }).waitFor(SLOW)
  expect(keyAt(apisix, 'mentor')).not.toBe(first)
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page
    .getByText(
      '2 consumers are orphaned: their users or groups are gone or have a different key. Their keys still work.',
    )
    .waitFor(SLOW)
  await page.getByRole('button', { name: 'Delete them…' }).click()
  await dialog.getByRole('button', { name: 'Delete 2 consumers' }).click()
  await page.getByText('2 consumers deleted').waitFor(SLOW)
  expect([...apisix.consumers.keys()].sort()).toEqual(['alpha-ann', 'mentor'])

  await page.getByRole('button', { name: 'Delete everything…' }).click(SLOW)
  expect(await dialog.getByRole('button', { name: 'Delete everything' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Type delete everything to confirm').fill('delete everything')
  await dialog.getByRole('button', { name: 'Delete everything' }).click()
  await page.getByText('Deleted everything').waitFor(SLOW)
  expect([apisix.consumers.size, apisix.routes.size]).toEqual([0, 0])
})

test('participants can reveal their own key on their page', LONG, async () => {
  const apisix = await ApisixStandIn.start()
  const app = await startApp(
    { ...apisix.environment, AUTH_LOCAL_PASSWORD: 'open sesame', THON_ENGINE: 'process' },
    { dashboard: 'built' },
  )
  const { ids } = await team(app, 'alpha', ['ann', 'bob'])
  await (
    await app.services.gateway.applyConfig(organizer)
  ).over
  const page = await openPage(`${app.url}/enter#${await personalLink(app, ids.ann!)}`)
  await page.getByRole('button', { name: 'Continue' }).click(SLOW)
  await page.getByRole('button', { name: 'Show the key of ann' }).waitFor(SLOW)
  await awake(page)
  await page.getByRole('button', { name: 'Show the key of ann' }).click()
  await page.getByText(keyAt(apisix, 'alpha-ann').replace('Bearer ', '')).waitFor(SLOW)
  await page.getByText('host.docker.internal:9080/v1').or(page.getByText('127.0.0.1:9080/v1')).waitFor(SLOW)
  expect(await page.content()).not.toContain(keyAt(apisix, 'alpha-bob').replace('Bearer ', ''))
  await apisix.server.down()
  await page.getByRole('button', { name: 'Hide the key of ann' }).click()
  await page.getByRole('button', { name: 'Show the key of ann' }).click()
  await page.getByText('AI keys are unavailable right now. Try again in a moment.').waitFor(SLOW)
})
