import { readFile } from 'node:fs/promises'
import { describeError } from '../core/errors.ts'

/** A file that could not be read as text. */
export class Unreadable extends Error {
  readonly isAbsent: boolean

  constructor(path: string, { code = '', message }: { code?: string; message: string }) {
    super(`${path} cannot be read: ${WHY[code] ?? message}`)
    this.isAbsent = code === 'ENOENT'
  }
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'no permission',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
}

/** The text of a file. @throws Unreadable */
export async function readTextFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Unreadable(path, { code, message: describeError(error) })
  }
}
