import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { joinLink, personalLink, team } from '../kit/links.ts'
import { awake, closeBrowser, openPage } from '../kit/pages.ts'
import { codeOf, shownCode } from '../kit/qr.ts'
import { Visitor } from '../kit/visitor.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }
const PASSWORD = 'open sesame'

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

function startWithPassword(variables: Record<string, string> = {}): Promise<TestApp> {
  return startApp({ AUTH_LOCAL_PASSWORD: PASSWORD, ...variables }, { dashboard: 'built' })
}

/** A page where the organizer is signed in. */
async function organizerPage(app: TestApp, path: string): Promise<Page> {
  const page = await openPage(`${app.url}/login?to=${encodeURIComponent(path)}`)
  await page.getByLabel('Organizer password').fill(PASSWORD)
  await page.getByLabel('Organizer password').press('Enter')
  await page.waitForURL(app.url + path, SLOW)
  await awake(page)
  return page
}

/** The new link in the dialog, once its QR code is checked against it. */
async function shownLink(page: Page): Promise<string> {
  const link = await page.getByRole('dialog').getByLabel('Link', { exact: true }).innerText(SLOW)
  expect(await shownCode(page.getByRole('img', { name: 'The link as a QR code' }))).toEqual(codeOf(link))
  return link
}

/** Opens a link in a new browser. @returns the page, and every address that it requested or visited since */
async function openLink(link: string, meant?: RegExp): Promise<{ page: Page; addresses: string[] }> {
  const page = await openPage(link.split('#')[0]!, meant)
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(request.url()))
  await page.goto('about:blank')
  await page.goto(link)
  await page.waitForURL((url) => url.pathname === '/enter' && url.hash === '', SLOW)
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  return { page, addresses }
}

/** Everything that a page stores outside its memory, with its address. */
function stored(page: Page): Promise<string> {
  return page.evaluate(() =>
    JSON.stringify([
      ...[Object.entries(localStorage), Object.entries(sessionStorage)],
      ...[history.state as unknown, document.cookie, location.href],
    ]),
  )
}

function secretOf(link: string): string {
  return new URL(link).hash.slice(1)
}

test('a personal link opens VS Code for a participant without an account', LONG, async () => {
  const app = await startWithPassword({ THON_ENGINE: 'process' })
  const { ids } = await team(app, 'alpha', ['ann', 'bob'])
  const desk = await organizerPage(app, `/groups?user=${ids.ann}`)
  await desk.getByRole('button', { name: 'Create link' }).click()
  const link = await shownLink(desk)
  expect(link).toMatch(/^http:\/\/[^/]+\/enter#[\w-]{32}$/)
  await desk.getByRole('button', { name: 'Done' }).click()
  await desk.getByText('not used yet').waitFor(SLOW)
  expect(await desk.content()).not.toContain(secretOf(link))

  const { page, addresses } = await openLink(link)
  await page.getByRole('heading', { name: 'You are ann of alpha' }).waitFor(SLOW)
  expect(await stored(page)).not.toContain(secretOf(link))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.url}/my`, SLOW)
  await awake(page)
  await desk.getByText('last used').waitFor(SLOW)

  const card = page.getByRole('article', { name: 'Sandbox of ann in alpha' })
  await card.getByText('Not started yet').waitFor(SLOW)
  await card.getByRole('button', { name: 'Start' }).click()
  await card.getByText(/^running$/i).waitFor(SLOW)
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    card.getByRole('link', { name: 'Open VS Code' }).click(),
  ])
  const { port } = new URL(app.url)
  await tab.waitForURL(`http://alpha-ann.localhost:${port}/`, SLOW)
  expect(await card.getByRole('link', { name: /alpha-ann\.localhost/ }).getAttribute('href')).toBe(tab.url())

  expect([...addresses, page.url(), tab.url(), await stored(page)].join('\n')).not.toContain(secretOf(link))
  await page.goBack().catch(() => null)
  expect(page.url()).not.toContain(secretOf(link))
})

test('a first sandbox appears by itself, and a stopped one only on request', LONG, async () => {
  const app = await startWithPassword()
  const { ids } = await team(app, 'alpha', ['ann'])
  const { services } = app
  await services.settings.update(organizer, 'participants_may_start', { value: 'false' })
  const { page } = await openLink(`${app.url}/enter#${await personalLink(app, ids.ann!)}`)
  const frame = page.waitForEvent('websocket', SLOW).then((socket) => socket.waitForEvent('framereceived', SLOW))
  await page.getByRole('button', { name: 'Continue' }).click(SLOW)
  await frame
  const card = page.getByRole('article')
  await card.getByText('Ask your organizer to start it.').waitFor(SLOW)
  expect(await card.getByRole('button', { name: /start/i }).count()).toBe(0)

  const person = { group: 'alpha', username: 'ann', userId: ids.ann!, volume: 'thon-workspace-alpha-ann' }
  await services.instances.startMany(organizer, [person])
  await card.getByText(/^running$/i).waitFor(SLOW)
  await card.getByRole('button', { name: 'Pause' }).click()
  await card.getByRole('button', { name: 'Resume' }).click(SLOW)
  await card.getByText(/^running$/i).waitFor(SLOW)

  const { id } = await app.db.instance.findFirstOrThrow()
  await services.instances.kill(organizer, id)
  await card.getByText('Ask your organizer to start it again.').waitFor(SLOW)
  await services.settings.update(organizer, 'participants_may_start', { value: 'true' })
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await card.getByRole('button', { name: 'Start', exact: true }).click(SLOW)
  await card.getByText(/^running$/i).waitFor(SLOW)
})

test('people join by a link under a free name or a new one', LONG, async () => {
  const app = await startWithPassword()
  const { groupId } = await team(app, 'alpha', ['ann', 'bob'])
  const desk = await organizerPage(app, '/groups')
  await desk.getByRole('button', { name: 'Actions for group alpha' }).click()
  await desk.getByRole('menuitem', { name: 'Join links…' }).click()
  await desk.getByRole('button', { name: 'New join link' }).click(SLOW)
  await desk.getByLabel('Let people enter a new name').check(SLOW)
  await desk.getByLabel('Maximum number of uses').fill('3')
  await desk.getByRole('button', { name: 'Create link' }).click()
  const link = await shownLink(desk)
  await desk.getByRole('button', { name: 'Done' }).click()
  await desk.getByText('0 of 3 uses').waitFor(SLOW)

  const first = (await openLink(link)).page
  await first.getByRole('heading', { name: 'Join alpha' }).waitFor(SLOW)
  await first.getByRole('button', { name: 'Continue' }).click()
  await first.getByText('Pick your name first.').waitFor(SLOW)
  await first.getByRole('radio', { name: 'bob' }).check()
  await first.getByRole('button', { name: 'Continue' }).click()
  await first.getByRole('article', { name: 'Sandbox of bob in alpha' }).waitFor(SLOW)
  await desk.getByText('1 of 3 uses').waitFor(SLOW)

  const second = (await openLink(link, /409|422/)).page
  await second.getByRole('radio', { name: 'ann' }).waitFor(SLOW)
  expect(await second.getByRole('radiogroup', { name: 'Which name is yours?' }).innerText()).not.toContain('bob')
  await second.getByRole('button', { name: 'My name is not on the list' }).click()
  const own = second.getByLabel('Your name')
  for (const [name, words] of [
    ['a/b', 'Your name must be 1 to 64 letters'],
    ['bob', 'Someone already joined as bob.'],
  ] as const) {
    await own.fill(name)
    await own.press('Enter')
    await second.getByText(words).waitFor(SLOW)
    expect(await own.getAttribute('aria-invalid')).toBe('true')
  }
  await own.fill('zoe')
  await own.press('Enter')
  await second.getByRole('article', { name: 'Sandbox of zoe in alpha' }).waitFor(SLOW)
  expect(await app.db.user.count({ where: { groupId } })).toBe(3)

  // The poster is scanned again.
  await second.goto('about:blank')
  await second.goto(link)
  await second.getByText('You’re signed in as zoe of alpha').waitFor(SLOW)
  await second.getByRole('link', { name: 'Continue as zoe' }).click()
  await second.waitForURL(`${app.url}/my`, SLOW)
})

test('a revoked, replaced or incomplete link says what to do', LONG, async () => {
  const app = await startWithPassword()
  const { ids, groupId } = await team(app, 'alpha', ['ann'])
  const desk = await organizerPage(app, `/groups?user=${ids.ann}`)
  await desk.getByRole('button', { name: 'Create link' }).click()
  const link = await shownLink(desk)
  await desk.getByRole('button', { name: 'Done' }).click()
  const { page } = await openLink(link, /404/)
  const frame = page.waitForEvent('websocket', SLOW).then((socket) => socket.waitForEvent('framereceived', SLOW))
  await page.getByRole('button', { name: 'Continue' }).click(SLOW)
  await frame

  await desk.getByRole('button', { name: 'Revoke…' }).click(SLOW)
  await desk.getByRole('button', { name: 'Revoke link' }).click()
  await desk.getByRole('button', { name: 'Create link' }).waitFor(SLOW)
  await page.getByRole('dialog', { name: 'You’ve been signed out' }).waitFor(SLOW)

  await page.goto('about:blank')
  await page.goto(link)
  await page.getByRole('heading', { name: 'This link no longer works' }).waitFor(SLOW)
  await page.getByText('Ask an organizer for a new one.').waitFor(SLOW)
  await page.goto(`${app.url}/enter`)
  await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor(SLOW)

  const { secret, id } = await joinLink(app, groupId)
  await app.services.links.rotateJoinLink(organizer, id)
  await page.goto(`${app.url}/enter#${secret}`)
  await page.getByRole('heading', { name: 'This link no longer works' }).waitFor(SLOW)
})

test('links have the public address, also when created on the machine itself', LONG, async () => {
  const app = await startWithPassword()
  const { ids } = await team(app, 'alpha', ['ann'])
  const { port } = new URL(app.url)
  const desk = await organizerPage(app, `/groups?user=${ids.ann}`)
  await desk.getByRole('button', { name: 'Create link' }).click()
  await desk.getByText('These links work only on this machine').waitFor(SLOW)
  expect(await shownLink(desk)).toMatch(`${app.url}/enter#`)
  for (const [key, value, host] of [
    ['external_ip', '192.168.1.20', '192.168.1.20'],
    ['external_ip', 'box.example', 'box.example'],
    ['domain', 'hall.example', 'hall.example'],
  ] as const) {
    await app.services.settings.update(organizer, key, { value })
    await desk.reload()
    await awake(desk)
    await desk.getByRole('button', { name: 'Replace…' }).click(SLOW)
    await desk.getByRole('button', { name: 'Replace link' }).click()
    expect(await shownLink(desk)).toMatch(`http://${host}:${port}/enter#`)
    // THON answers to that name.
    expect((await new Visitor(app.url).request(host, '/enter')).status).toBe(200)
    expect((await new Visitor(app.url).request('other.example', '/enter')).status).not.toBe(200)
  }
  expect(await desk.getByText('These links work only on this machine').count()).toBe(0)
})

test('without a login, a link makes a browser a participant until it signs out', LONG, async () => {
  const app = await startApp({}, { dashboard: 'built' })
  const { ids } = await team(app, 'alpha', ['ann'])
  const { page } = await openLink(`${app.url}/enter#${await personalLink(app, ids.ann!)}`)
  await page.getByText('You’re browsing as the organizer.').waitFor(SLOW)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('article', { name: 'Sandbox of ann in alpha' }).waitFor(SLOW)
  await page.goto(`${app.url}/groups`)
  expect(page.url()).toBe(`${app.url}/my`)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.getByText(/^running$/i).waitFor(SLOW)
})

test('cards have the link of each participant as a code, and no page cuts one', LONG, async () => {
  const app = await startWithPassword()
  const names = Array.from({ length: 9 }, (_, index) => `user${index + 1}`)
  const { groupId, ids } = await team(app, 'alpha', names)
  const first = await personalLink(app, ids.user1!)
  const desk = await organizerPage(app, '/groups')
  await desk.getByRole('button', { name: 'Actions for group alpha' }).click()
  await desk.getByRole('menuitem', { name: 'Print cards…' }).click()
  await desk.waitForURL(`${app.url}/groups/cards?group=${groupId}`, SLOW)
  await desk.getByRole('button', { name: 'Create 8 cards' }).click(SLOW)
  await desk.getByRole('article').first().waitFor(SLOW)
  expect(await desk.getByRole('article').count()).toBe(8)
  // The first link still works.
  await app.services.linkEntry.inspect({ secret: first }, '127.0.0.1')

  await desk.reload()
  await awake(desk)
  await desk.getByRole('radio', { name: /All users \(9\)/ }).check(SLOW)
  await desk.getByRole('button', { name: 'Create 9 cards' }).click()
  await desk.getByRole('dialog').getByRole('button', { name: 'Create 9 cards' }).click()
  await desk.getByRole('article').first().waitFor(SLOW)
  for (const name of names) {
    const card = desk.getByRole('article', { name: `Card of ${name}`, exact: true })
    const text = await card.innerText()
    const link = /http\S+\/enter#\S+/.exec(text)?.[0] as string
    expect(text).toContain(`alpha-${name}.localhost`)
    expect(await shownCode(card.getByRole('img'))).toEqual(codeOf(link))
    const view = await app.services.linkEntry.inspect({ secret: secretOf(link) }, '127.0.0.1')
    expect(view).toMatchObject({ kind: 'person', username: name })
  }

  await desk.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await desk.getByRole('navigation').count()).toBe(0)
  expect(await desk.getByRole('button').count()).toBe(0)
  expect(await desk.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
  for (const format of ['A4', 'Letter']) {
    const pages = (await desk.pdf({ format })).toString('latin1').match(/\/Type\s*\/Page\b/g)
    expect(pages).toHaveLength(2)
  }
})

test('a switch in the settings says whether participants may start', LONG, async () => {
  const app = await startWithPassword()
  const desk = await organizerPage(app, '/settings')
  const control = desk.getByRole('switch', { name: 'Participants can start their own sandbox' })
  expect(await control.getAttribute('aria-checked')).toBe('true')
  await control.click()
  await expect.poll(() => control.getAttribute('aria-checked'), SLOW).toBe('false')
  expect(await app.services.settings.participantsMayStart()).toBe(false)
  await desk.reload()
  expect(await control.getAttribute('aria-checked')).toBe('false')
  await app.services.settings.update(organizer, 'participants_may_start', { value: 'true' })
  await expect.poll(() => control.getAttribute('aria-checked'), SLOW).toBe('true')

  await desk.getByRole('button', { name: 'Change the addresses' }).click()
  await desk.getByLabel('Domain').fill('no domain')
  await desk.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => desk.getByLabel('Domain').getAttribute('aria-invalid'), SLOW).toBe('true')
  await desk.getByLabel('Domain').fill('hall.example')
  await desk.getByRole('button', { name: 'Save' }).click()
  await desk.getByText('http://<group>-<name>.hall.example/').waitFor(SLOW)
})
