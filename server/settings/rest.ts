import { z } from '@hono/zod-openapi'
import type { Services } from '../graphql/context.ts'
import { text } from '../rest/fields.ts'
import { operation, type Operations } from '../rest/operation.ts'

const params = { key: 'The key of the setting or file.' }
/** Bytes: a file of 1 MiB, escaped as JSON or inside a form. */
const LARGEST_FILE_BODY = 3 * 1024 * 1024

const Setting = z
  .object({ key: z.string(), value: z.string().nullable().openapi({ description: 'Null when it was never set.' }) })
  .openapi('Setting')

const ConfigFile = z
  .object({
    key: z.string(),
    content: z.string().openapi({ description: 'Empty when no file is stored.' }),
    label: z.string().openapi({ description: 'The name people see.' }),
  })
  .openapi('ConfigFileContent')

const ConfigFileEntry = z
  .object({
    key: z.string(),
    label: z.string().openapi({ description: 'The name people see.' }),
    has_content: z.boolean().openapi({ description: 'Whether more than white space is stored.' }),
  })
  .openapi('ConfigFileListEntry')

const getSetting = operation({
  method: 'get',
  path: '/api/instances/settings/{key}',
  tag: 'settings',
  summary: 'Get a setting',
  params,
  longest: { key: 200 },
  answer: Setting,
  answers: 'The setting.',
  refuses: ['NOT_FOUND'],
})

const putSetting = operation({
  method: 'put',
  path: '/api/instances/settings/{key}',
  tag: 'settings',
  summary: 'Set a setting',
  description: '`external_ip` and `domain` are checked; any other key takes any text.',
  params,
  body: z
    .object({ key: text('Ignored: the key in the path counts.'), value: text('The new value.') })
    .openapi('SetSettingRequest'),
  answer: Setting,
  answers: 'The setting.',
  refuses: ['NOT_FOUND'],
})

const listConfigFiles = operation({
  method: 'get',
  path: '/api/config-files',
  tag: 'config files',
  summary: 'List config files',
  answer: z.array(ConfigFileEntry),
  answers: 'The three kinds, whether a file is stored or not.',
  cached: true,
})

const getConfigFile = operation({
  method: 'get',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Get a config file',
  params,
  answer: ConfigFile,
  answers: 'The file.',
  refuses: ['NOT_FOUND'],
})

const putConfigFile = operation({
  method: 'put',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Store a config file',
  description: 'YAML or JSON with comments, at most 1 MiB; an invalid file is refused with line and column.',
  params,
  body: z.object({ content: text('The whole file.') }).openapi('ConfigFileUpdateRequest'),
  largestBody: LARGEST_FILE_BODY,
  answer: ConfigFile,
  answers: 'The stored file.',
  refuses: ['NOT_FOUND'],
})

const uploadConfigFile = operation({
  method: 'post',
  path: '/api/config-files/{key}/upload',
  tag: 'config files',
  summary: 'Upload a config file',
  description: 'Stores a file from a form. It must be UTF-8; a byte order mark is dropped.',
  params,
  file: 'file',
  wire: { content: 'file' },
  largestBody: LARGEST_FILE_BODY,
  answer: ConfigFile,
  answers: 'The stored file.',
  refuses: ['NOT_FOUND'],
})

const deleteConfigFile = operation({
  method: 'delete',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Delete a config file',
  params,
  answer: z.object({
    status: z.enum(['deleted', 'not_found']).openapi({ description: '`not_found` when no file was stored.' }),
    key: z.string(),
  }),
  answers: 'No file is stored now.',
  refuses: ['NOT_FOUND'],
})

/** `/api/instances/settings`: named values. */
export function settingsRest(operations: Operations, { settings }: Services): void {
  operations.add(getSetting, async ({ viewer, params: { key } }) => ({
    key,
    value: (await settings.get(viewer, key))?.value ?? null,
  }))
  operations.add(putSetting, async ({ viewer, params: { key }, body: { value } }) => ({
    key,
    value: (await settings.update(viewer, key, { value })).value,
  }))
}

/** `/api/config-files`: the three stored files. */
export function configFilesRest(operations: Operations, { configFiles }: Services): void {
  const shown = ({ key, content, label }: { key: string; content: string; label: string }) => ({ key, content, label })

  operations.add(listConfigFiles, async ({ viewer }) =>
    (await configFiles.list(viewer)).map(({ key, label, hasContent }) => ({ key, label, has_content: hasContent })),
  )
  operations.add(getConfigFile, async ({ viewer, params }) => shown(await configFiles.get(viewer, params.key)))
  operations.add(putConfigFile, async ({ viewer, params, body }) =>
    shown(await configFiles.update(viewer, params.key, body)),
  )
  operations.add(uploadConfigFile, async ({ viewer, params, file }) =>
    shown(await configFiles.upload(viewer, params.key, file)),
  )
  operations.add(deleteConfigFile, async ({ viewer, params: { key } }) => ({
    status: (await configFiles.delete(viewer, key)) ? 'deleted' : 'not_found',
    key,
  }))
}
