import { tabClient } from '#lib/graphql/client.ts'
import { problemOf, type Problem } from '#lib/graphql/errors.ts'
import { importGroups } from '#lib/groups/files.ts'
import type { TextFault } from '#lib/ui/CodeEditor.svelte'
import { CheckConfigFile, ConfigFileQuery } from './documents.ts'

/** Longest file the server stores. */
const LONGEST = 1_048_576

const GROUPS = 'config_groups_yaml'

/** What belongs into each slot. */
export const kinds: Record<string, { language: 'yaml' | 'jsonc'; file: string; hint: string }> = {
  [GROUPS]: {
    language: 'yaml',
    file: 'groups.yaml',
    hint: 'Groups and users, for “thon launch” and to be applied here. Storing it changes nobody yet.',
  },
  config_kilo_json: {
    language: 'jsonc',
    file: 'kilo.jsonc',
    hint: 'Kilo Code’s providers, put into every new sandbox. Keys that are PLACEHOLDER are filled in for each person.',
  },
  config_vscode_settings: {
    language: 'jsonc',
    file: 'settings.json',
    hint: 'Settings of VS Code, put into every new sandbox.',
  },
}

/** A stored file, with what its next change is based on. */
export interface Stored {
  content: string
  updatedAt: string | null
  updatedBy: string | null
}

/** Reads a file as it is stored now. */
export async function readConfigFile(key: string): Promise<Stored | Problem> {
  const { data, error } = await tabClient()
    .query(ConfigFileQuery, { key }, { requestPolicy: 'network-only' })
    .toPromise()
  if (!data) return problemOf(error!)
  const { content, updatedAt, updatedBy } = data.configFile
  return { content: content ?? '', updatedAt, updatedBy }
}

/**
 * What is wrong with a text, by its line; nothing when that cannot be asked. A groups file that could be stored may still be
 * none that could be applied.
 */
export async function checkConfigFile(key: string, content: string): Promise<TextFault[]> {
  const { data } = await tabClient()
    .query(CheckConfigFile, { key, content }, { requestPolicy: 'network-only' })
    .toPromise()
  const fault = data?.checkConfigFile
  if (!fault) return key === GROUPS ? groupsFaults(content) : []
  const [, line = '1', column = '1', message = fault] = /^line (\d+), column (\d+): (.*)$/s.exec(fault) ?? []
  return [{ line: Number(line), column: Number(column), message, mild: false }]
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

/** The text of a file that somebody chose, or why it is not taken. */
export async function textOf(file: File): Promise<{ text: string } | { refused: string }> {
  if (file.size > LONGEST) return { refused: `${file.name} is too large: 1 MiB is the most.` }
  if (!/\.(ya?ml|jsonc?)$/i.test(file.name))
    return { refused: `${file.name} is not a .yaml, .yml, .json or .jsonc file.` }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()) }
  } catch {
    return { refused: `${file.name} is not text in UTF-8.` }
  }
}

/** Gives a text to the browser as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
