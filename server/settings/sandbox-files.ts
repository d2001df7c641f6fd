import type { Db } from '../db/client.ts'
import type { SandboxFile } from '../engine/engine.ts'
import { fillKilo, type ModelAccess } from './kilo.ts'
import { KILO, VSCODE_SETTINGS } from '../core/config-file-kinds.ts'

/** Where Kilo Code and code-server look for them, in the home of the image's user. */
const KILO_PATH = '/home/vscode/.config/kilo/config.json'
const VSCODE_SETTINGS_PATH = '/home/vscode/.local/share/code-server/User/settings.json'

/** What it needs. */
export interface SandboxFilesDeps {
  db: Db
  /** How a user's programs reach the models, or why they cannot, as the end of a sentence. Never throws. */
  accessOf: (userId: string | null) => Promise<ModelAccess | string>
}

/** The stored configuration files, as they go into one user's sandbox. */
export class SandboxFiles {
  readonly #deps: SandboxFilesDeps

  constructor(deps: SandboxFilesDeps) {
    this.#deps = deps
  }

  /**
   * Files that an instance was started with take precedence over the stored ones.
   * @param keysOnly leaves out files without API keys
   * @returns the files, and a sentence about a file that could not be filled in; null when all could
   */
  async for(
    instance: { id: string; userId: string | null },
    keysOnly = false,
  ): Promise<{ files: SandboxFile[]; notice: string | null }> {
    const { db } = this.#deps
    const key = { in: keysOnly ? [KILO] : [KILO, VSCODE_SETTINGS] }
    const [own, stored] = await Promise.all([
      db.instanceConfigOverride.findMany({ where: { instanceId: instance.id, key } }),
      db.configFile.findMany({ where: { key } }),
    ])
    const rows = [...own, ...stored]
    const textOf = (name: string) => rows.find((row) => row.key === name)?.content.trim() ?? ''
    const settings = textOf(VSCODE_SETTINGS)
    const files = settings ? [{ path: VSCODE_SETTINGS_PATH, content: settings }] : []
    const kilo = textOf(KILO)
    if (!kilo) return { files, notice: null }
    const access = await this.#deps.accessOf(instance.userId)
    const filled = typeof access === 'string' ? fillKilo(kilo, null, access) : fillKilo(kilo, access, '')
    if ('reason' in filled) return { files, notice: `The Kilo Code Config was left out: ${filled.reason}.` }
    return { files: [...files, { path: KILO_PATH, content: filled.content }], notice: null }
  }
}
