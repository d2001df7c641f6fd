import { z } from '@hono/zod-openapi'
import { text } from '../rest/fields.ts'
import { operation } from '../rest/operation.ts'

const params = { key: 'Its key.' }
/** A file of 1 MiB, escaped as JSON or in the frame of a form. */
const LARGEST_FILE_BODY = 3 * 1024 * 1024

const Setting = z
  .object({ key: z.string(), value: z.string().nullable().openapi({ description: 'Null when it was never set.' }) })
  .openapi('Setting')

const ConfigFile = z
  .object({
    key: z.string().openapi({ description: 'Its slot.' }),
    content: z.string().openapi({ description: 'Empty when nothing is stored.' }),
    label: z.string().openapi({ description: 'What the slot is for.' }),
  })
  .openapi('ConfigFileContent')

const ConfigFileEntry = z
  .object({
    key: z.string().openapi({ description: 'Its slot.' }),
    label: z.string().openapi({ description: 'What the slot is for.' }),
    has_content: z.boolean().openapi({ description: 'Whether more than white space is stored.' }),
  })
  .openapi('ConfigFileListEntry')

export const getSetting = operation({
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

export const putSetting = operation({
  method: 'put',
  path: '/api/instances/settings/{key}',
  tag: 'settings',
  summary: 'Set a setting',
  description: '`external_ip` and `domain` are checked; any other key takes any text.',
  params,
  body: z
    .object({ key: text('Taken, and ignored: the key of the path counts.'), value: text('The new value.') })
    .openapi('SetSettingRequest'),
  answer: Setting,
  answers: 'The setting.',
  refuses: ['NOT_FOUND'],
})

export const listConfigFiles = operation({
  method: 'get',
  path: '/api/config-files',
  tag: 'config files',
  summary: 'List config files',
  answer: z.array(ConfigFileEntry),
  answers: 'The three slots.',
  cached: true,
})

export const getConfigFile = operation({
  method: 'get',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Get a config file',
  params,
  answer: ConfigFile,
  answers: 'The file.',
  refuses: ['NOT_FOUND'],
})

export const putConfigFile = operation({
  method: 'put',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Store a config file',
  description: 'YAML or JSON with comments, at most 1 MiB; one with a fault is refused with its line and column.',
  params,
  body: z.object({ content: text('The whole file.') }).openapi('ConfigFileUpdateRequest'),
  largestBody: LARGEST_FILE_BODY,
  answer: ConfigFile,
  answers: 'The stored file.',
  refuses: ['NOT_FOUND'],
})

export const uploadConfigFile = operation({
  method: 'post',
  path: '/api/config-files/{key}/upload',
  tag: 'config files',
  summary: 'Upload a config file',
  description: 'As storing it, from a form. UTF-8; a byte order mark is dropped.',
  params,
  file: 'file',
  wire: { content: 'file' },
  largestBody: LARGEST_FILE_BODY,
  answer: ConfigFile,
  answers: 'The stored file.',
  refuses: ['NOT_FOUND'],
})

export const deleteConfigFile = operation({
  method: 'delete',
  path: '/api/config-files/{key}',
  tag: 'config files',
  summary: 'Delete a config file',
  params,
  answer: z.object({
    status: z.enum(['deleted', 'not_found']).openapi({ description: '`not_found` when nothing was stored.' }),
    key: z.string(),
  }),
  answers: 'Nothing is stored there any more.',
  refuses: ['NOT_FOUND'],
})
