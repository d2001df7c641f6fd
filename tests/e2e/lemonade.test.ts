import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { LemonadeStandIn, recorded } from '../kit/lemonade.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

/** A dashboard with a Lemonade that answers as recorded, open on its page. */
async function openWithLemonade() {
  const lemonade = await LemonadeStandIn.start()
  const app = await startApp(lemonade.environment, { dashboard: 'built' })
  return { lemonade, page: await openPage(`${app.url}/lemonade`), app }
}

test('the page shows what Lemonade reports, and follows changes', LONG, async () => {
  const { page, lemonade } = await openWithLemonade()
  const server = page.getByRole('region', { name: 'Server' })
  await server.getByText('2,048 tokens', { exact: true }).waitFor(SLOW)
  await page.getByRole('region', { name: 'Performance' }).getByText('43.4 tokens/s').waitFor(SLOW)
  await page.getByRole('region', { name: 'Machine' }).getByText('23.5 GiB').waitFor(SLOW)
  const slots = page.getByRole('region', { name: 'Slots' })
  expect(await slots.getByText('Idle', { exact: true }).count()).toBe(2)
  lemonade.plays({ '/v1/slots': 'slots-busy' })
  await slots.getByText('Working', { exact: true }).waitFor(SLOW)
  await slots.getByText('21 in (8 from the cache), 187 out · 208 of 4,096 tokens').waitFor(SLOW)
})

test('charts show the last minutes, to later visitors too, and go on', LONG, async () => {
  const { page, lemonade, app } = await openWithLemonade()
  const speed = page.getByRole('img', { name: /^Speed over the last minutes/ })
  await page.getByRole('img', { name: /now Speed 43\.4 tokens\/s$/ }).waitFor(SLOW)
  lemonade.replies.set('/v1/stats', { body: { tokens_per_second: 12.5, input_tokens: 7, output_tokens: 3 } })
  await page.getByRole('img', { name: /now Speed 12\.5 tokens\/s$/ }).waitFor(SLOW)
  expect(await speed.locator('canvas').count()).toBe(1)
  const later = await openPage(`${app.url}/lemonade`)
  await later.getByRole('img', { name: /now Speed 12\.5 tokens\/s$/ }).waitFor(SLOW)
  await later.getByRole('img', { name: /^Speed/ }).hover({ position: { x: 250, y: 60 }, force: true })
  await later.getByText(/^at \d\d:\d\d$/).waitFor(SLOW)
})

test('a model of a repository is looked up, chosen by size and downloaded', LONG, async () => {
  const { page, lemonade } = await openWithLemonade()
  lemonade.plays({ '/v1/pull/variants': 'variants-ok', '/v1/pull': 'pull-background-start' })
  await page.getByRole('button', { name: 'Download another…' }).click(SLOW)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Repository').fill('tinyorg/tiny-GGUF')
  await dialog.getByLabel('Repository').press('Enter')
  await dialog.getByText('Q8_0').waitFor(SLOW)
  await dialog.getByText('24.3 MiB').click()
  await dialog.getByRole('button', { name: 'Download' }).click()
  await page.getByText('Downloading tiny-GGUF').waitFor(SLOW)
  expect(lemonade.server.requests.find(({ path }) => path === '/v1/pull')?.body).toMatchObject({
    ...{ model_name: 'user.tiny-GGUF', checkpoint: 'tinyorg/tiny-GGUF:Q8_0', recipe: 'llamacpp' },
  })
})

test('while Lemonade is offline the page says so once and keeps the last values', LONG, async () => {
  const { page, lemonade } = await openWithLemonade()
  const server = page.getByRole('region', { name: 'Server' })
  await server.getByText('Online').waitFor(SLOW)
  await lemonade.server.down()
  await server.getByText('Offline').waitFor(SLOW)
  await page.getByText(/^Cannot reach Lemonade at .* Last updated/).waitFor(SLOW)
  expect(await server.getByText('2,048 tokens', { exact: true }).isVisible()).toBe(true)
  // The banner speaks for all cards.
  await expect.poll(() => page.getByText('No answer for').count(), { timeout: 20_000 }).toBe(0)
  await page.getByRole('button', { name: 'Try again' }).click()
  await lemonade.server.up()
  await server.getByText('Online').waitFor(SLOW)
})

test('a Lemonade that was never reached leaves only its addresses on the page', LONG, async () => {
  const lemonade = await LemonadeStandIn.start()
  await lemonade.server.down()
  const app = await startApp(lemonade.environment, { dashboard: 'built' })
  const page = await openPage(`${app.url}/lemonade`)
  await page.getByText('Cannot reach Lemonade at').waitFor(SLOW)
  const others = page.getByRole('region', { name: /^(Performance|Last ten minutes|Slots|Machine|Models)$/ })
  await expect.poll(() => others.count(), { timeout: 20_000 }).toBe(0)
  await page.getByRole('region', { name: 'Server' }).getByText(`${lemonade.server.url}/v1`).waitFor(SLOW)
  await lemonade.server.up()
  await page.getByRole('region', { name: 'Models' }).waitFor(SLOW)
})

test('models are loaded, unloaded and deleted', LONG, async () => {
  const { page, lemonade } = await openWithLemonade()
  const models = page.getByRole('region', { name: 'Models' })
  lemonade.plays({ '/v1/load': 'load-bad-args', '/v1/unload': 'load-ok', '/v1/delete': 'load-ok' })
  await models.getByRole('button', { name: 'Unload…' }).click(SLOW)
  await page.getByRole('dialog').getByRole('button', { name: 'Unload model' }).click()
  await page.getByText('Tiny was unloaded').waitFor(SLOW)
  await models.getByRole('button', { name: 'Load…', exact: true }).first().click(SLOW)
  await page.getByRole('dialog').getByLabel('Parallel requests').fill('3')
  await page.getByRole('dialog').getByRole('button', { name: 'Load' }).click()
  await page.getByText('Tiny-Q8 could not be loaded: Failed to load model').waitFor(SLOW)
  expect(lemonade.server.requests.find(({ path }) => path === '/v1/load')?.body).toEqual({
    ...{ model_name: 'Tiny-Q8', llamacpp_args: '-np 3' },
  })
  await models.getByRole('button', { name: 'Delete…' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete model' }).click()
  await page.getByText('was deleted').waitFor(SLOW)
  expect(lemonade.server.count('/v1/delete')).toBe(1)
})

test('a download shows its progress in every tab, is canceled, and says why it failed', LONG, async () => {
  const { page, lemonade, app } = await openWithLemonade()
  lemonade.plays({ '/v1/downloads': 'downloads-running', '/v1/downloads/control': 'downloads-pause' })
  const downloads = page.getByRole('region', { name: 'Downloads' })
  await downloads.getByText('Downloading · 36 % · 9 MiB of 24.3 MiB').waitFor(SLOW)
  await page.close()
  const later = await openPage(`${app.url}/lemonade`)
  const there = later.getByRole('region', { name: 'Downloads' })
  await there.getByRole('progressbar', { name: 'Download of Tiny-Q8' }).waitFor(SLOW)
  await there.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => lemonade.server.count('/v1/downloads/control'), { timeout: 10_000 }).toBe(1)
  const [job] = recorded('downloads-running').body as object[]
  const failed = { ...job, status: 'error', running: false, error: 'Failed to download file: x.gguf\nHTTP error 404' }
  lemonade.replies.set('/v1/downloads', { body: [failed] })
  await there.getByText('HTTP error 404').waitFor(SLOW)
  await there.getByRole('button', { name: 'Dismiss' }).waitFor(SLOW)
})

test('the catalog is searched and filtered, with an address that can be shared', LONG, async () => {
  const { page, lemonade, app } = await openWithLemonade()
  const model = (n: number) => ({ id: `Model-${n}`, labels: n % 2 ? ['vision'] : ['coding'], downloaded: n === 7 })
  lemonade.replies.set('/v1/models', { body: { data: Array.from({ length: 76 }, (_one, n) => model(n)) } })
  const models = page.getByRole('region', { name: 'Models' })
  await models.getByRole('button', { name: 'Show 56 more models' }).click(SLOW)
  expect(await models.getByRole('listitem').count()).toBe(76)
  await models.getByRole('button', { name: /^Vision/ }).click()
  await models.getByLabel('Search models').fill('model-7')
  await expect.poll(() => models.getByRole('listitem').count()).toBe(4)
  await models.getByRole('button', { name: /^Downloaded/ }).click()
  await expect.poll(() => models.getByRole('listitem').count()).toBe(1)
  expect(page.url()).toContain('search=model-7')
  const shared = await openPage(`${app.url}/lemonade${new URL(page.url()).search}`)
  expect(await shared.getByRole('region', { name: 'Models' }).getByRole('listitem').count()).toBe(1)
})

test('a backend that hangs affects its own card only, and hostile answers break nothing', LONG, async () => {
  const { page, lemonade, app } = await openWithLemonade()
  lemonade.replies.set('/v1/slots', null)
  const twice = { id: 'Twice', labels: ['<b>x</b>'], downloaded: true }
  lemonade.replies.set('/v1/models', { body: { data: [twice, twice, { id: 'x'.repeat(3_000) }] } })
  const slots = page.getByRole('region', { name: 'Slots' })
  await slots.getByText('No answer for').waitFor(SLOW)
  await page.getByRole('region', { name: 'Models' }).getByText('<b>x</b>').first().waitFor(SLOW)
  const again = await openPage(`${app.url}/lemonade`)
  await again.getByRole('region', { name: 'Server' }).getByText('2,048 tokens', { exact: true }).waitFor(SLOW)
  const room = await again.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(room, 'the page does not scroll sideways').toBeLessThanOrEqual(0)
})
