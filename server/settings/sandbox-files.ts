import type { Db } from '../db/client.ts'
import type { SandboxFile } from '../engine/engine.ts'
import { fillKilo, type ModelAccess } from './kilo.ts'
import { KILO, VSCODE_SETTINGS } from '../core/config-file-kinds.ts'

/** Where Kilo Code and code-server read them, for the image's user. */
const KILO_PATH = '/home/vscode/.config/kilo/config.json'
const VSCODE_SETTINGS_PATH = '/home/vscode/.local/share/code-server/User/settings.json'

/** What is needed of other features. */
export interface SandboxFilesDeps {
  db: Db
  /** How somebody reaches the models; otherwise why not, as the end of a sentence. Never throws. */
  accessOf: (userId: string | null) => Promise<ModelAccess | string>
}

/** The stored configuration files as they go into somebody's sandbox. */
export class SandboxFiles {
  readonly #parts: SandboxFilesDeps

  constructor(parts: SandboxFilesDeps) {
    this.#parts = parts
  }

  /**
   * Those that an instance was started with go before the stored ones.
   * @param keysOnly leaves out what holds no key
   * @returns the files, and which one is missing and why, as a sentence; null when none is
   */
  async for(
    instance: { id: string; userId: string | null },
    keysOnly = false,
  ): Promise<{ files: SandboxFile[]; notice: string | null }> {
    const { db } = this.#parts
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
    const access = await this.#parts.accessOf(instance.userId)
    const filled = typeof access === 'string' ? fillKilo(kilo, null, access) : fillKilo(kilo, access, '')
    if ('reason' in filled) return { files, notice: `The Kilo Code Config was left out: ${filled.reason}.` }
    return { files: [...files, { path: KILO_PATH, content: filled.content }], notice: null }
  }
}
