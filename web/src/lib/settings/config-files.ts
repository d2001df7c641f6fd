import { CombinedError } from '@urql/svelte'
import { tabClient } from '#lib/graphql/client.ts'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import { importGroups } from '#lib/groups/files.ts'
import type { TextFault } from '#lib/ui/CodeEditor.svelte'
import { CheckConfigFile, ConfigFileQuery } from './documents.ts'

/** Bytes of the largest file that the server stores. */
const LARGEST = 1_048_576

const GROUPS = 'config_groups_yaml'

/** What each kind of file is for. */
export const kinds: Record<string, { language: 'yaml' | 'jsonc'; file: string; hint: string }> = {
  [GROUPS]: {
    language: 'yaml',
    file: 'groups.yaml',
    hint: 'Groups and users, for “thon launch” and to apply here. Saving it changes nothing until you apply it.',
  },
  config_kilo_json: {
    language: 'jsonc',
    file: 'kilo.jsonc',
    hint: 'Kilo Code’s providers, for every new sandbox. Keys that say PLACEHOLDER are filled in for each person.',
  },
  config_vscode_settings: {
    language: 'jsonc',
    file: 'settings.json',
    hint: 'VS Code’s settings, for every new sandbox.',
  },
}

/** A stored file, with what its next change is based on. */
export interface Stored {
  content: string
  updatedAt: string | null
  updatedBy: string | null
}

/** Reads the stored file of a kind. */
export async function readConfigFile(key: string): Promise<Stored | Problem> {
  const { data, error } = await tabClient()
    .query(ConfigFileQuery, { key }, { requestPolicy: 'network-only' })
    .toPromise()
  if (!data?.configFile) return problemOf(error ?? new CombinedError({}))
  const { content, updatedAt, updatedBy } = data.configFile
  return { content: content ?? '', updatedAt, updatedBy }
}

/**
 * What is wrong with a text, by line; empty also when the server does not answer. A groups file that can be stored may still
 * have problems that keep it from being applied.
 */
export async function checkConfigFile(key: string, content: string): Promise<TextFault[]> {
  const { data } = await tabClient()
    .query(CheckConfigFile, { key, content }, { requestPolicy: 'network-only' })
    .toPromise()
  const problems = data?.checkConfigFile ?? []
  if (problems.length === 0) return key === GROUPS ? groupsFaults(content) : []
  return problems.map(({ line, column, message }) => ({ line, column, message, mild: false }))
}

async function groupsFaults(content: string): Promise<TextFault[]> {
  if (content.trim() === '') return []
  const { faults } = await importGroups(content, true)
  return (faults ?? []).map(({ line, column, message }) => ({
    line: line ?? 1,
    column: column ?? 1,
    message,
    mild: true,
  }))
}

/** The text of a chosen file, or why it cannot be used. */
export async function textOf(file: File): Promise<{ text: string } | { refused: string }> {
  if (file.size > LARGEST) return { refused: `${file.name} is larger than 1 MiB.` }
  if (!/\.(ya?ml|jsonc?)$/i.test(file.name))
    return { refused: `${file.name} is not a .yaml, .yml, .json or .jsonc file.` }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) }
  } catch {
    return { refused: `${file.name} is not UTF-8 text.` }
  }
}

/** Downloads a text as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
