import { expect, test, vi } from 'vitest'
import { organiser } from '../../server/auth/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'

const KILO_PATH = '/home/vscode/.config/kilo/config.json'
const SETTINGS_PATH = '/home/vscode/.local/share/code-server/User/settings.json'
const PROVIDER = { lemonade: { options: { apiKey: 'PLACEHOLDER', baseURL: 'http://YOUR_IP:13305/v1' } } }

async function store(app: TestApp, key: string, content: string): Promise<void> {
  await app.services.configFiles.put(organiser, key, { content })
}

/** Starts ann's sandbox. @returns the files that her new sandbox was made with, by path, and what it lacks */
async function started(app: TestApp) {
  const create = vi.spyOn(app.engine, 'create')
  await addGroup(app, 'alpha', ['ann'])
  const { id } = await running(app, 'ann')
  const files = Object.fromEntries((create.mock.lastCall?.[0].files ?? []).map((file) => [file.path, file.content]))
  const { instance } = await app.execute<{ instance: { notice: string | null } }>(
    'query ($id: ID!) { instance(id: $id) { notice } }',
    { id },
  )
  return { files, notice: instance.notice }
}

test('a new sandbox gets nothing while nothing is stored', async () => {
  expect(await started(await startApp())).toEqual({ files: {}, notice: null })
})

test('a new sandbox gets the VS Code settings as they are, and the Kilo Code Config as plain JSON with address and key', async () => {
  const app = await startApp({ LEMONADE_API_KEY: 'key-of-lemonade', LEMONADE_PORT: '13999' })
  const settings = '// ours\n{ "editor.fontSize": 15, }'
  await store(app, 'config_vscode_settings', settings)
  await store(app, 'config_kilo_json', `// Kilo\n${JSON.stringify({ provider: PROVIDER, model: 'lemonade/m' })}`)
  const { files, notice } = await started(app)
  expect(notice).toBeNull()
  expect(Object.keys(files).sort()).toEqual([KILO_PATH, SETTINGS_PATH].sort())
  expect(files[SETTINGS_PATH]).toBe(settings)
  const options = { apiKey: 'key-of-lemonade', baseURL: 'http://host.docker.internal:13999/v1' }
  expect(JSON.parse(files[KILO_PATH] ?? '')).toEqual({ provider: { lemonade: { options } }, model: 'lemonade/m' })
})

test('a Kilo Code Config that would still hold a placeholder is left out, and the instance says why', async () => {
  const app = await startApp()
  await store(app, 'config_kilo_json', JSON.stringify({ provider: PROVIDER, agent: { name: 'PLACEHOLDER' } }))
  await store(app, 'config_vscode_settings', '{}')
  expect(await started(app)).toEqual({
    files: { [SETTINGS_PATH]: '{}' },
    notice: 'Started without the Kilo Code Config: agent.name is a placeholder that THON does not know.',
  })
})
