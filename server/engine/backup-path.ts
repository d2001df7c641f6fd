import { EngineRefused } from './engine.ts'

/** Largest file of a participant that is backed up before another replaces it, in bytes: it passes through memory. */
export const MAX_BACKUP_BYTES = 4 * 1024 * 1024

/** Where a participant's file is backed up: `<path>.bak`, or with the time in its name, so that no backup is overwritten. */
export function backupPath(path: string, isTaken: boolean, now = new Date()): string {
  return isTaken ? `${path}.${now.toISOString().replace(/[:.]/g, '-')}.bak` : `${path}.bak`
}

/** The refusal of a file that is larger than `maxBytes`. */
export function fileTooLarge(path: string, maxBytes: number): EngineRefused {
  return new EngineRefused(
    `${path} in the sandbox is larger than ${maxBytes / 1024 / 1024} MiB, so THON cannot back it up. Nothing was changed. Move or delete the file, then try again.`,
  )
}

/** The refusal to replace what is at `path`: not a file, but `kind`, such as "a link". */
export function pathBlocked(path: string, kind: string): EngineRefused {
  return new EngineRefused(
    `${path} in the sandbox is ${kind}, and THON does not replace it. Nothing was changed. Move or delete it, then try again.`,
  )
}
