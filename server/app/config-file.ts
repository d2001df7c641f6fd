import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { EnvError } from '../config/env.ts'
import { describeError } from '../core/errors.ts'
import { readTextFile, Unreadable } from '../config/text-file.ts'
import { parseGroups } from '../groups/yaml.ts'
import { readThonYaml, type ThonYaml } from '../config/thon-yaml.ts'

/** Where a thon.yaml is, and whether somebody named it, so that it has to be there. */
export interface ConfigFile {
  path: string
  named: boolean
}

/**
 * Which thon.yaml counts: the one that was named, else `~/.thon/thon.yaml`.
 * @param given what `--config` says
 */
export function configFileOf(environment: Record<string, string | undefined>, given: string | undefined): ConfigFile {
  const home = environment.HOME || homedir()
  const path = given ?? join(home, '.thon', 'thon.yaml')
  return { path: resolve(path.replace(/^~(?=\/|$)/, home)), named: given !== undefined }
}

/**
 * Reads it. One that nobody named need not be there.
 * @throws EnvError with every fault and its line, or why it cannot be read
 */
export async function readConfigFile({ path, named }: ConfigFile): Promise<ThonYaml> {
  const found = readThonYaml(await textOf(path, named), parseGroups)
  if (found.errors.length > 0) throw new EnvError(found.errors.map((error) => `${path}, ${error}`).join('\n'))
  return { ...found, warnings: found.warnings.map((warning) => `thon.yaml, ${warning}`) }
}

async function textOf(path: string, named: boolean): Promise<string> {
  try {
    return await readTextFile(path)
  } catch (error) {
    if (!named && error instanceof Unreadable && error.isAbsent) return ''
    throw new EnvError(describeError(error))
  }
}
