import { expect, test, vi } from 'vitest'
import { organizer } from '../../server/core/viewer.ts'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'

const KILO_PATH = '/home/vscode/.config/kilo/config.json'
const SETTINGS_PATH = '/home/vscode/.local/share/code-server/User/settings.json'
const PROVIDER = { lemonade: { options: { apiKey: 'PLACEHOLDER', baseURL: 'http://YOUR_IP:13305/v1' } } }

async function store(app: TestApp, key: string, content: string): Promise<void> {
  await app.services.configFiles.update(organizer, key, { content })
}

/** Starts ann's sandbox. @returns the files it was created with, by path, and its notice */
async function startSandbox(app: TestApp) {
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

test('a new sandbox gets no files when none are stored', async () => {
  expect(await startSandbox(await startApp())).toEqual({ files: {}, notice: null })
})

test('a new sandbox gets the settings unchanged and the Kilo config filled in', async () => {
  const app = await startApp({ LEMONADE_API_KEY: 'key-of-lemonade', LEMONADE_PORT: '13999' })
  const settings = '// ours\n{ "editor.fontSize": 15, }'
  await store(app, 'config_vscode_settings', settings)
  await store(app, 'config_kilo_json', `// Kilo\n${JSON.stringify({ provider: PROVIDER, model: 'lemonade/m' })}`)
  const { files, notice } = await startSandbox(app)
  expect(notice).toBeNull()
  expect(Object.keys(files).sort()).toEqual([KILO_PATH, SETTINGS_PATH].sort())
  expect(files[SETTINGS_PATH]).toBe(settings)
  const options = { apiKey: 'key-of-lemonade', baseURL: 'http://host.docker.internal:13999/v1' }
  expect(JSON.parse(files[KILO_PATH] ?? '')).toEqual({ provider: { lemonade: { options } }, model: 'lemonade/m' })
})

test('a Kilo Code Config with an unknown placeholder is left out, with a notice', async () => {
  const app = await startApp()
  await store(app, 'config_kilo_json', JSON.stringify({ provider: PROVIDER, agent: { name: 'PLACEHOLDER' } }))
  await store(app, 'config_vscode_settings', '{}')
  expect(await startSandbox(app)).toEqual({
    files: { [SETTINGS_PATH]: '{}' },
    notice: 'The Kilo Code Config was left out: agent.name is a placeholder that THON does not know.',
  })
})

const UPDATE =
  'mutation ($ids: [ID!]!) { updateInstanceFiles(input: { ids: $ids }) { id instance { id notice } error { code } } }'

test('running sandboxes get the stored files; others are refused one by one', async () => {
  const app = await startApp()
  await store(app, 'config_vscode_settings', '{ "a": 1 }')
  await addGroup(app, 'alpha', ['ann', 'bob'])
  const [ann, bob] = [await running(app, 'ann'), await running(app, 'bob')]
  await app.execute(`mutation { pauseInstance(input: { id: "${bob.id}" }) { id } }`)
  await app.until(`{ instance(id: "${bob.id}") { state } }`, {}, (data) => JSON.stringify(data).includes('PAUSED'))
  await store(app, 'config_vscode_settings', '{ "a": 2 }')
  const unknown = '00000000-0000-4000-8000-000000000000'
  expect(await app.execute(UPDATE, { ids: [ann.id, bob.id, unknown] })).toEqual({
    updateInstanceFiles: [
      { id: ann.id, instance: { id: ann.id, notice: null }, error: null },
      { id: bob.id, instance: null, error: { code: 'CONFLICT' } },
      { id: unknown, instance: null, error: { code: 'NOT_FOUND' } },
    ],
  })
  const { volume } = await app.db.instance.findUniqueOrThrow({ where: { id: ann.id } })
  const files = app.engine.files.get(volume)
  expect([files?.get(SETTINGS_PATH), files?.get(`${SETTINGS_PATH}.bak`)]).toEqual(['{ "a": 2 }', '{ "a": 1 }'])
})

test('an update of keys alone leaves the other files unchanged', async () => {
  const app = await startApp()
  await addGroup(app, 'alpha', ['ann'])
  const ann = await running(app, 'ann')
  await store(app, 'config_vscode_settings', '{ "a": 1 }')
  await store(app, 'config_kilo_json', '{ "b": 1 }')
  await app.execute(
    'mutation ($id: ID!) { updateInstanceFiles(input: { ids: [$id], keysOnly: true }) { error { message } } }',
    {
      id: ann.id,
    },
  )
  const { volume } = await app.db.instance.findUniqueOrThrow({ where: { id: ann.id } })
  const files = app.engine.files.get(volume)
  expect([files?.has(SETTINGS_PATH), files?.has(KILO_PATH)]).toEqual([false, true])
})

test('options of a start take precedence, and stay with the instance', async () => {
  const app = await startApp()
  await store(app, 'config_vscode_settings', '{ "stored": true }')
  const group = await addGroup(app, 'alpha', ['ann', 'bob'])
  const START = `mutation ($id: ID!, $options: StartOptionsInput) {
    startGroup(input: { id: $id, options: $options }) { instance { id image port secure expiresAt } } }`
  const options = {
    ...{ image: 'own/image:1', port: 9000, secure: true, timeoutMinutes: 5 },
    files: [{ key: 'config_vscode_settings', content: '{ "given": true }' }],
  }
  for (const [field, wrong] of Object.entries({
    image: '-x',
    port: 0,
    timeoutMinutes: 0,
    files: [{ key: 'config_vscode_settings', content: '{' }],
  }))
    expect((await app.refused(START, { id: group.id, options: { [field]: wrong } })).fields?.[0]?.field).toMatch(
      new RegExp(`^${field}`),
    )
  const { startGroup } = await app.execute<{ startGroup: { instance: { id: string } }[] }>(START, {
    ...{ id: group.id, options },
  })
  expect(startGroup.map(({ instance }) => instance)).toMatchObject(
    [1, 2].map(() => ({ image: 'own/image:1', port: 9000, secure: true, expiresAt: expect.any(String) as string })),
  )
  const [first] = startGroup
  await app.until(`{ instance(id: "${first?.instance.id}") { state } }`, {}, (data) =>
    JSON.stringify(data).includes('RUNNING'),
  )
  const { volume } = await app.db.instance.findUniqueOrThrow({ where: { id: first!.instance.id } })
  expect(app.engine.files.get(volume)?.get(SETTINGS_PATH)).toBe('{ "given": true }')
})
