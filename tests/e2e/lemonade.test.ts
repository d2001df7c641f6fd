import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { LemonadeStandIn } from '../kit/lemonade.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

async function hall() {
  const lemonade = await LemonadeStandIn.start()
  const app = await startApp(lemonade.environment, { dashboard: 'built' })
  return { lemonade, page: await openPage(`${app.url}/lemonade`), app }
}

test('what Lemonade says is on its page, and moves', LONG, async () => {
  const { page, lemonade } = await hall()
  const server = page.getByRole('region', { name: 'Server' })
  await server.getByText('2,048 tokens').waitFor(SLOW)
  await page.getByRole('region', { name: 'Performance' }).getByText('43.4 tokens/s').waitFor(SLOW)
  await page.getByRole('region', { name: 'Machine' }).getByText('23.54 GB').waitFor(SLOW)
  const slots = page.getByRole('region', { name: 'Slots' })
  expect(await slots.getByText('Idle').count()).toBe(2)
  lemonade.plays({ '/v1/slots': 'slots-busy' })
  await slots.getByText('Working').waitFor(SLOW)
})

test('when it dies the page says so and keeps what was known, and it comes back by itself', LONG, async () => {
  const { page, lemonade } = await hall()
  const server = page.getByRole('region', { name: 'Server' })
  await server.getByText('Online').waitFor(SLOW)
  await lemonade.server.down()
  await server.getByText('Offline').waitFor(SLOW)
  await server.getByText('No answer since').waitFor(SLOW)
  expect(await server.getByText('2,048 tokens').isVisible()).toBe(true)
  await lemonade.server.up()
  await server.getByText('Online').waitFor(SLOW)
})

test('models are loaded, unloaded and deleted from it', LONG, async () => {
  const { page, lemonade } = await hall()
  const models = page.getByRole('region', { name: 'Models' })
  lemonade.plays({ '/v1/load': 'load-bad-args', '/v1/unload': 'load-ok', '/v1/delete': 'load-ok' })
  await models.getByRole('button', { name: 'Unload' }).click(SLOW)
  await page.getByText('Tiny was unloaded').waitFor(SLOW)
  await models.getByRole('button', { name: 'Load…' }).first().click(SLOW)
  await page.getByRole('dialog').getByLabel('Served at once').fill('3')
  await page.getByRole('dialog').getByRole('button', { name: 'Load' }).click()
  await page.getByText('Tiny-Q8 could not be loaded: Failed to load model').waitFor(SLOW)
  expect(lemonade.server.taken.find(({ path }) => path === '/v1/load')?.body).toEqual({
    ...{ model_name: 'Tiny-Q8', llamacpp_args: '-np 3' },
  })
  await models.getByRole('button', { name: 'Delete…' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete model' }).click()
  await page.getByText('was deleted').waitFor(SLOW)
  expect(lemonade.server.count('/v1/delete')).toBe(1)
})
