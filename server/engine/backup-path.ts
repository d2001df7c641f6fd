import { EngineRefused } from './engine.ts'

/** Largest file of a person that is kept when another takes its place, in bytes: it passes through memory. */
export const LARGEST_KEPT = 4 * 1024 * 1024

/**
 * Where a person's file is kept when another takes its place: `<path>.bak`, and with the time where that is taken, so
 * that nothing kept earlier is lost.
 */
export function backupPath(path: string, isTaken: boolean, now = new Date()): string {
  return isTaken ? `${path}.${now.toISOString().replace(/[:.]/g, '-')}.bak` : `${path}.bak`
}

/** The refusal of a file that is larger than `most` bytes. */
export function tooLarge(path: string, most: number): EngineRefused {
  return new EngineRefused(
    `${path} is larger than ${most / 1024 / 1024} MiB, too large to be read. Nothing was changed.`,
  )
}

/** The refusal to write where something is that is no file or folder, but `what`. */
export function inTheWay(path: string, what: string): EngineRefused {
  return new EngineRefused(`${path} in the sandbox is ${what}, and THON writes nothing there. Nothing was changed.`)
}
