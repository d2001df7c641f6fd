import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { slotsIn } from './responses.ts'

/** A model as older versions of Lemonade wrote it to `user_models.json`. The other keys are Lemonade's own. */
export interface ConfigDirModel {
  name: string
  [key: string]: unknown
}

/** What the files of an older Lemonade contain. */
export interface ConfigDir {
  models: ConfigDirModel[]
  /** Tokens of context of the first model; 0 when the files have none. This goes for `slots` too. */
  contextSize: number
  slots: number
}

/**
 * Reads the folder in which older versions kept their models and options (`LEMONADE_CONFIG_DIR`).
 * @returns null when the models cannot be read: ask the server instead
 */
export async function readConfigDir(dir: string | null): Promise<ConfigDir | null> {
  if (dir === null) return null
  const models = await records(join(dir, 'user_models.json'))
  if (!models) return null
  const options = (await records(join(dir, 'recipe_options.json'))) ?? {}
  const [first = ''] = Object.keys(models)
  const { ctx_size: contextSize, llamacpp_args: args } = options[`user.${first}`] ?? {}
  return {
    models: Object.entries(models).map(([name, one]) => ({ name, ...one })),
    contextSize: typeof contextSize === 'number' ? contextSize : 0,
    slots: typeof args === 'string' ? (slotsIn(args) ?? 0) : 0,
  }
}

/** An object of objects; null when the file has something else, or cannot be read. */
async function records(path: string): Promise<Record<string, Record<string, unknown>> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    const entries = Object.entries(value).filter(([, one]) => typeof one === 'object' && one !== null)
    return Object.fromEntries(entries)
  } catch {
    return null
  }
}
