import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { ApisixStandIn } from '../kit/apisix.ts'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { keyAt, setUp } from '../kit/gateway.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { personalLink, team } from '../kit/links.ts'
import { awake, closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

async function hall(users: string[], environment: Record<string, string> = {}) {
  const apisix = await ApisixStandIn.start()
  const app = await startApp({ ...apisix.environment, ...environment }, { dashboard: 'built' })
  const group = await addGroup(app, 'alpha', users)
  return { apisix, app, group, page: await openPage(`${app.url}/gateway`) }
}

test('one click makes the route and the consumers, a row each, and every open page sees it', LONG, async () => {
  const { page, app, apisix } = await hall(['ann', 'bob'])
  const other = await openPage(`${app.url}/gateway`)
  await page.getByText('Set-up sets the route, makes 2 consumers.').waitFor(SLOW)
  await page.getByRole('button', { name: 'Set up', exact: true }).click()
  for (const one of [page, other]) {
    await one.getByText('Set-up is done: 3 of 3').waitFor(SLOW)
    const steps = one.getByRole('list', { name: 'Steps of the set-up' })
    expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('Route is set'),
      expect.stringMatching(/alpha\/ann\s+Made/),
      expect.stringMatching(/alpha\/bob\s+Made/),
    ])
    await one.getByRole('row', { name: /alpha-bob/ }).waitFor(SLOW)
  }
  expect(await page.content()).not.toContain(keyAt(apisix, 'alpha-ann').replace('Bearer ', ''))
  await page.getByRole('button', { name: 'Show the key of alpha-ann' }).click()
  await page.getByText(keyAt(apisix, 'alpha-ann').replace('Bearer ', '')).waitFor(SLOW)
  await page.goto(`${app.url}/activity`)
  await page.getByText('reveal key', { exact: false }).first().waitFor(SLOW)
})

test('a set-up that is cut off says so, and a second click finishes it', LONG, async () => {
  const { page, apisix } = await hall(Array.from({ length: 30 }, (_, n) => `u${n}`))
  apisix.writesLeft = 12
  await page.getByRole('button', { name: 'Set up', exact: true }).click(SLOW)
  await page.getByText(/Set-up ended early: \d+ of 31 done/).waitFor(SLOW)
  await page.getByText('Offline').waitFor(SLOW)
  apisix.writesLeft = Infinity
  await apisix.server.up()
  await page.getByText('RUNNING').waitFor(SLOW)
  await page.getByRole('button', { name: 'Set up the rest' }).click(SLOW)
  await page.getByText('Set-up is done: 31 of 31').waitFor(SLOW)
  expect(apisix.consumers.size).toBe(30)
})

test('whoever opens the page while a set-up goes on, or after it, sees every step of it', LONG, async () => {
  const { page, app, apisix } = await hall(Array.from({ length: 30 }, (_, n) => `u${n}`))
  apisix.writesLeft = 12
  const go = Promise.withResolvers<void>()
  apisix.goesWrong = () => go.promise
  await page.getByRole('button', { name: 'Set up', exact: true }).click(SLOW)
  await page.getByText(/Set-up by .*: 12 of 31/).waitFor(SLOW)
  const late = await openPage(`${app.url}/gateway`)
  for (const one of [page, late])
    await expect
      .poll(() => one.getByRole('list', { name: 'Steps of the set-up' }).getByRole('listitem').count(), SLOW)
      .toBe(31)
  go.resolve()
  for (const one of [page, late]) {
    await one.getByText('Set-up is done: 31 of 31').waitFor(SLOW)
    expect(await one.getByText('To make').count()).toBe(0)
  }
})

test('sandboxes that run with an old key are told, and given the new one with two clicks', LONG, async () => {
  const { page, app, group } = await hall(['ann', 'bob'])
  await app.services.configFiles.update(organizer, 'config_kilo_json', { content: '{ "apiKey": "PLACEHOLDER" }' })
  await app.execute('mutation ($id: ID!) { startGroup(input: { id: $id }) { error { message } } }', { id: group.id })
  await app.until<{ instances: { items: { state: string }[] } }>('{ instances { items { state } } }', {}, (data) =>
    data.instances.items.every(({ state }) => state === 'RUNNING'),
  )
  await page.getByRole('button', { name: 'Set up', exact: true }).click(SLOW)
  await page.getByText('2 running sandboxes have an old key or none').waitFor(SLOW)
  await page.getByRole('button', { name: 'Give the keys…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Give the keys' }).click()
  await page.getByText('2 sandboxes have the key now').waitFor(SLOW)
  await page.getByText('2 running sandboxes have an old key').waitFor({ ...SLOW, state: 'detached' })
})

test('before a set-up in the other mode nobody is led to delete the keys that people have', LONG, async () => {
  const { page, app } = await hall(['ann', 'bob'])
  await setUp(app)
  await app.execute('mutation { setGatewaySettings(input: { mode: PER_GROUP }) { mode } }')
  await page.getByText('2 consumers are left over').waitFor(SLOW)
  await page.getByText('Set up first').waitFor(SLOW)
  expect(await page.getByRole('button', { name: 'Delete them…' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Set up', exact: true }).click(SLOW)
  await page.getByRole('button', { name: 'Delete them…' }).waitFor(SLOW)
})

test('it is turned on and set up in the settings, which tell no secret', LONG, async () => {
  const { page, apisix, app } = await hall(['ann'], { GATEWAY_ENABLED: 'false', GATEWAY_ADMIN_KEY: '' })
  await page.getByRole('button', { name: 'Turn it on…' }).click(SLOW)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tokens for each user').fill('0')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('must be at least 1').waitFor(SLOW)
  await dialog.getByLabel('Tokens for each user').fill('750')
  await dialog.getByLabel('Admin key').fill('not the key')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('must be letters, digits and signs without spaces').waitFor(SLOW)
  await dialog.getByLabel('Admin key').fill('wrong')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Unauthorized').waitFor(SLOW)
  await page.getByRole('button', { name: 'Settings…' }).click()
  await dialog.getByRole('button', { name: 'Replace or remove' }).click()
  await dialog.getByLabel('Admin key').fill(apisix.key)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('RUNNING').waitFor(SLOW)
  await page.getByText('750 a minute for each user').waitFor(SLOW)
  const html = await (await fetch(`${app.url}/gateway`)).text()
  expect(html).toContain('Gateway')
  expect(html).not.toContain(apisix.key)
})

test('consumers are made by hand, get a new key, and are deleted; those who left, all at once', LONG, async () => {
  const { page, apisix, app, group } = await hall(['ann', 'bob', 'cy'])
  await setUp(app)
  for (const name of ['bob', 'cy'])
    await app.services.users.deleteUser(organizer, userOf(group, name).id, { deleteWorkspaces: false })
  const dialog = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Create consumer' }).click(SLOW)
  await dialog.getByLabel('Name').fill('a mentor')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('must be 1 to 256 letters').waitFor(SLOW)
  await dialog.getByLabel('Name').fill('mentor')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('dialog', { name: 'Key of mentor' }).waitFor(SLOW)
  const first = keyAt(apisix, 'mentor')
  await dialog.getByText(first.replace('Bearer ', '')).waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page.getByRole('button', { name: 'Actions of mentor' }).click(SLOW)
  await page.getByRole('menuitem', { name: 'New key…' }).click()
  await dialog.getByRole('button', { name: 'Make a new key' }).click()
  await page.getByRole('dialog', { name: 'Key of mentor' }).waitFor(SLOW)
  expect(keyAt(apisix, 'mentor')).not.toBe(first)
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page
    .getByText('2 consumers are left over: their people have left, or get another key. Their keys still work.')
    .waitFor(SLOW)
  await page.getByRole('button', { name: 'Delete them…' }).click()
  await dialog.getByRole('button', { name: 'Delete 2 consumers' }).click()
  await page.getByText('2 consumers deleted').waitFor(SLOW)
  expect([...apisix.consumers.keys()].sort()).toEqual(['alpha-ann', 'mentor'])

  await page.getByRole('button', { name: 'Clean up…' }).click(SLOW)
  expect(await dialog.getByRole('button', { name: 'Clean up' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Type clean up to confirm').fill('clean up')
  await dialog.getByRole('button', { name: 'Clean up' }).click()
  await page.getByText('Clean-up is done').waitFor(SLOW)
  expect([apisix.consumers.size, apisix.routes.size]).toEqual([0, 0])
})

test('participants find their own key on their page, hidden until they ask for it', LONG, async () => {
  const apisix = await ApisixStandIn.start()
  const app = await startApp(
    { ...apisix.environment, AUTH_LOCAL_PASSWORD: 'open sesame', THON_ENGINE: 'process' },
    { dashboard: 'built' },
  )
  const { ids } = await team(app, 'alpha', ['ann', 'bob'])
  await (
    await app.services.gateway.setUp(organizer)
  ).ended
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
  await page.getByText('No key to show: the AI gateway cannot be asked, since it does not answer.').waitFor(SLOW)
})
