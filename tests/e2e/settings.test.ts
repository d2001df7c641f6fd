import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const SLOW = { timeout: 30_000 }

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

test('a new external IP or domain shows at once in every open page', { timeout: 120_000 }, async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const group = await addGroup(app, 'alpha', ['ann'])
  await running(app, 'ann')
  const { port } = new URL(app.url)
  const [settings, instances, cards] = await Promise.all([
    openPage(`${app.url}/settings`),
    openPage(`${app.url}/instances`),
    openPage(`${app.url}/groups/cards?group=${group.id}`),
  ])
  await instances.getByText(`alpha-ann.localhost:${port}`).first().waitFor(SLOW)
  await cards.getByRole('button', { name: 'Create 1 card' }).click(SLOW)
  await cards.getByText(`alpha-ann.localhost:${port}`).waitFor(SLOW)
  await settings.getByRole('button', { name: 'Change the addresses' }).click(SLOW)
  const dialog = settings.getByRole('dialog')
  await dialog.getByLabel('External address').fill('0.0.0.0')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('must be the IPv4 address').waitFor(SLOW)
  await dialog.getByLabel('External address').fill('203.0.113.5')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await settings.getByText(`alpha-ann.203-0-113-5.sslip.io:${port}`).first().waitFor(SLOW)
  await instances.getByText(`alpha-ann.203-0-113-5.sslip.io:${port}`).first().waitFor(SLOW)
  await app.services.settings.update(organizer, 'domain', { value: 'hall.example' })
  await instances.getByText(`alpha-ann.hall.example:${port}`).first().waitFor(SLOW)
  await settings.getByText(`alpha-ann.hall.example:${port}`).first().waitFor(SLOW)
  const rest = (await (await fetch(`${app.url}/api/instances`)).json()) as { instances: { domain_url: string }[] }
  expect(rest.instances[0]?.domain_url).toBe(`http://alpha-ann.hall.example:${port}/`)
  await cards.getByText(`alpha-ann.hall.example:${port}`).waitFor(SLOW)
  await cards.getByText(`http://hall.example:${port}/enter#`).waitFor(SLOW)
})
