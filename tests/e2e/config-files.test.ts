import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp } from '../kit/app.ts'
import { ensureChromium } from '../kit/chromium.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { closeBrowser, openPage } from '../kit/pages.ts'

const LONG = { timeout: 120_000 }
const SLOW = { timeout: 30_000 }
const KILO = 'config_kilo_json'
const VSCODE = 'config_vscode_settings'

beforeAll(ensureChromium, 300_000)
afterAll(closeBrowser)

async function openSettings() {
  const app = await startApp({}, { dashboard: 'built' })
  const page = await openPage(`${app.url}/instances`)
  await page.getByRole('link', { name: 'Settings' }).first().click(SLOW)
  const section = page.getByRole('region', { name: 'Configuration files' })
  return { app, page, section, dialog: page.getByRole('dialog') }
}

test('the editor marks problems at their lines, and saving shows everywhere', LONG, async () => {
  const { app, section, dialog, page } = await openSettings()
  const other = await openPage(`${app.url}/settings`)
  await section.getByRole('button', { name: 'Edit VS Code Settings' }).click(SLOW)
  const editor = dialog.getByRole('textbox', { name: 'VS Code Settings' })
  await editor.fill('// size\n{ "editor.fontSize": 15,\n  "x": }')
  await dialog.getByText(/^Line 3, column \d+: /).waitFor(SLOW)
  await dialog.locator('.cm-lint-marker-error').waitFor(SLOW)
  expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await editor.fill('// size\n{ "editor.fontSize": 15 }')
  await dialog.getByRole('button', { name: 'Save' }).click(SLOW)
  await page.getByText('VS Code Settings was saved').waitFor(SLOW)
  await other.getByText(/33 B, changed .* by organizer/).waitFor(SLOW)
  const { content } = await app.services.configFiles.get(organizer, VSCODE)
  expect(content).toBe('// size\n{ "editor.fontSize": 15 }')
})

test('a newer version is shown before it is replaced', LONG, async () => {
  const { app, section, dialog } = await openSettings()
  await section.getByRole('button', { name: 'Edit VS Code Settings' }).click(SLOW)
  const editor = dialog.getByRole('textbox', { name: 'VS Code Settings' })
  await editor.fill('{ "mine": 1 }')
  await app.services.configFiles.update(organizer, VSCODE, { content: '{ "theirs": 1 }' })
  await dialog.getByText('saved another version').waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Show theirs' }).click()
  await dialog.getByText('"theirs"').waitFor(SLOW)
  await editor.fill('{ "both": 1 }')
  await app.services.configFiles.update(organizer, VSCODE, { content: '{ "theirs": 2 }' })
  await dialog.getByRole('button', { name: 'Replace theirs' }).click(SLOW)
  await expect.poll(async () => (await app.services.configFiles.get(organizer, VSCODE)).content).toBe('{ "both": 1 }')
})

test('saving only replaces the version shown, and can restore a deleted file', LONG, async () => {
  const { app, section, dialog, page } = await openSettings()
  const { configFiles } = app.services
  const content = async () => (await configFiles.get(organizer, VSCODE)).content
  await configFiles.update(organizer, VSCODE, { content: '{ "first": 1 }' })
  await section.getByRole('button', { name: 'Edit VS Code Settings' }).click(SLOW)
  const editor = dialog.getByRole('textbox', { name: 'VS Code Settings' })
  await editor.fill('{ "mine": 1 }')
  await configFiles.update(organizer, VSCODE, { content: '{ "theirs": 1 }' })
  await dialog.getByRole('button', { name: 'Show theirs' }).click(SLOW)
  await dialog.getByText('"theirs"').waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Back to my version' }).click()
  await dialog.getByText('"mine"').waitFor(SLOW)
  // A third version is stored just as the button is pressed.
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('UpdateConfigFile'))
      await configFiles.update(organizer, VSCODE, { content: '{ "third": 1 }' })
    await route.continue()
    await page.unroute('**/graphql')
  })
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Nothing was saved: someone else saved first.').waitFor(SLOW)
  expect(await content()).toBe('{ "third": 1 }')
  await configFiles.delete(organizer, VSCODE)
  await dialog.getByText('deleted the stored file').waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Save again' }).click()
  await page.getByText('VS Code Settings was saved').waitFor(SLOW)
  expect(await content()).toBe('{ "mine": 1 }')
})

test('the editor works by keyboard and guards unsaved changes', LONG, async () => {
  const { app, section, dialog, page } = await openSettings()
  const { configFiles } = app.services
  await configFiles.update(organizer, VSCODE, { content: '{\r\n  "a": 1\r\n}' })
  await section.getByRole('button', { name: 'Edit VS Code Settings' }).press('Enter', SLOW)
  await dialog.getByText('"a"').waitFor(SLOW)
  await expect.poll(() => dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await page.keyboard.press('Control+f')
  await dialog.getByRole('textbox', { name: 'Find' }).waitFor(SLOW)
  await page.keyboard.press('Escape')
  await dialog.getByRole('textbox', { name: 'Find' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Control+m')
  await page.keyboard.press('Tab')
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent.trim())).toBe('Choose a file')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' // end')
  await page.goBack()
  await dialog.getByText('You have unsaved changes.').waitFor(SLOW)
  expect(new URL(page.url()).pathname).toBe('/settings')
  await page.keyboard.press('Control+s')
  await page.getByText('VS Code Settings was saved').waitFor(SLOW)
  expect((await configFiles.get(organizer, VSCODE)).content).toBe('{\r\n  "a": 1\r\n} // end')
})

test('files are uploaded, downloaded, applied and deleted', LONG, async () => {
  const { app, section, dialog, page } = await openSettings()
  const upload = async (name: string, text: string) => {
    const chooser = page.waitForEvent('filechooser')
    await section.getByRole('button', { name: 'More for Groups YAML' }).click(SLOW)
    await page.getByRole('menuitem', { name: 'Upload…' }).click()
    await (await chooser).setFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
  }
  const text = 'groups:\r\n  alpha: [ann] # ü\r\n'
  await upload('groups.exe', 'x')
  await page.getByText('groups.exe is not a .yaml').waitFor(SLOW)
  const dropped = await page.evaluateHandle((text) => {
    const data = new DataTransfer()
    data.items.add(new File(['\uFEFF', text], 'groups.yml'))
    return data
  }, text)
  await section.getByRole('listitem').first().dispatchEvent('drop', { dataTransfer: dropped })
  await dialog.getByText('ann').waitFor(SLOW)
  await page.keyboard.press('Escape')
  await dialog.getByText('You have unsaved changes.').waitFor(SLOW)
  await dialog.getByRole('button', { name: 'Keep editing' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click(SLOW)

  await app.services.configFiles.update(organizer, 'config_groups_yaml', { content: 'groups:\n  alpha: [ann, ann]\n' })
  await section.getByRole('button', { name: 'Edit Groups YAML' }).click(SLOW)
  await dialog.getByText(/user ann is listed twice in alpha/i).waitFor(SLOW)
  await dialog.locator('.cm-lint-marker-warning').waitFor(SLOW)
  await page.keyboard.press('Escape')
  await section.getByRole('button', { name: 'Apply…' }).click(SLOW)
  await dialog
    .getByText(/^Line 2/)
    .first()
    .waitFor(SLOW)
  expect(await dialog.getByRole('button', { name: 'Apply', exact: true }).isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  await app.services.configFiles.update(organizer, 'config_groups_yaml', { content: text })
  await section.getByText('30 B').waitFor(SLOW)

  await section.getByRole('button', { name: 'Apply…' }).click(SLOW)
  await dialog.getByRole('button', { name: /^Apply 2 changes/ }).click(SLOW)
  await page.getByText('Import finished').waitFor(SLOW)
  expect(await app.db.user.count()).toBe(1)

  const downloaded = page.waitForEvent('download')
  await section.getByRole('button', { name: 'More for Groups YAML' }).click()
  await page.getByRole('menuitem', { name: 'Download' }).click()
  expect((await downloaded).suggestedFilename()).toBe('groups.yaml')
  expect(await readFile(await (await downloaded).path(), 'utf8')).toBe(text)

  await section.getByRole('button', { name: 'More for Groups YAML' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog.getByRole('button', { name: 'Delete file' }).click()
  await page.getByText('Groups YAML was deleted').waitFor(SLOW)
  await expect.poll(() => section.getByText('Nothing is stored.').count()).toBe(3)
})

test('running sandboxes get the stored files, all or those of a group', LONG, async () => {
  const { app, section, dialog, page } = await openSettings()
  await addGroup(app, 'alpha', ['ann'])
  await addGroup(app, 'beta', ['bob'])
  const [ann, bob] = [await running(app, 'ann'), await running(app, 'bob', { group: 'beta' })]
  await app.services.configFiles.update(organizer, VSCODE, { content: '{ "new": 1 }' })
  await section.getByRole('button', { name: 'Update running sandboxes…' }).click(SLOW)
  await dialog.getByLabel('Sandboxes').selectOption({ label: 'Group beta (1)' })
  await dialog.getByRole('button', { name: 'Update', exact: true }).click()
  await page.getByText('1 sandbox was updated').waitFor(SLOW)
  const has = async (id: string) => {
    const { volume } = await app.db.instance.findUniqueOrThrow({ where: { id } })
    return app.engine.files.get(volume)?.has('/home/vscode/.local/share/code-server/User/settings.json')
  }
  expect([await has(ann.id), await has(bob.id)]).toEqual([false, true])
  await app.services.configFiles.update(organizer, KILO, { content: '{ "model": "PLACEHOLDER" }' })
  await section.getByRole('button', { name: 'Update running sandboxes…' }).click(SLOW)
  app.engine.refuse('update', 'There is a link in the way.')
  await dialog.getByRole('button', { name: 'Update', exact: true }).click()
  await dialog.getByText('There is a link in the way.').waitFor(SLOW)
  await dialog.getByText('model is a placeholder').waitFor(SLOW)
  await app.services.configFiles.delete(organizer, KILO)
  await page.goto(`${app.url}/instances`)
  await page.getByRole('button', { name: 'Actions for alpha/ann' }).click(SLOW)
  await page.getByRole('menuitem', { name: 'Update files' }).click()
  await page.getByText('alpha/ann has the stored files').waitFor(SLOW)
  expect(await has(ann.id)).toBe(true)
})
