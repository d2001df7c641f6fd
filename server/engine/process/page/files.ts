import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'

/** Largest file that the editor opens and saves, in bytes. */
export const MAX_BYTES = 2 << 20
const MAX_ENTRIES = 2000

/** Why a request for a file failed: `message` is for people, `status` for HTTP. */
export class FileError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One entry of a folder. */
export interface FolderEntry {
  name: string
  folder: boolean
}

/** A file as the editor opens it. `content` is null unless it is text; a save sends `version` back. */
export interface FileText {
  content: string | null
  size: number
  version: string
}

/** The files under one root. Paths are relative to it, with slashes, and never lead out, not even through links. */
export class Files {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** The entries of a folder, folders first, at most 2000. */
  async list(path: string): Promise<{ entries: FolderEntry[]; more: boolean }> {
    const folder = await this.#realPath(path)
    const found = await readdir(folder, { withFileTypes: true })
    const entries = await Promise.all(
      found.map(async (entry) => ({
        name: entry.name,
        folder: entry.isSymbolicLink() ? await isFolder(join(folder, entry.name)) : entry.isDirectory(),
      })),
    )
    entries.sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name))
    return { entries: entries.slice(0, MAX_ENTRIES), more: entries.length > MAX_ENTRIES }
  }

  /** Opens a file for editing. */
  async read(path: string): Promise<FileText> {
    const real = await this.#realPath(path)
    // Checked before it is opened, because opening a pipe waits for its writer.
    if (!(await stat(real)).isFile()) throw new FileError(400, 'This is not a file.')
    await using file = await open(real)
    const found = await file.stat()
    if (found.size > MAX_BYTES)
      throw new FileError(413, 'This file is too large for the editor, which opens files of up to 2 MiB.')
    return { content: text(await file.readFile()), size: found.size, version: versionOf(found) }
  }

  /** Saves a file that was opened as `version`; null creates a new file. @returns the new version */
  async write(path: string, content: string, version: string | null): Promise<string> {
    if (Buffer.byteLength(content) > MAX_BYTES)
      throw new FileError(413, 'This text is too large for the editor, which saves files of up to 2 MiB.')
    if (version === null) return this.#create(path, content)
    const real = await this.#realPath(path)
    const found = await stat(real)
    if (versionOf(found) !== version) throw new FileError(409, 'This file has changed since you opened it.')
    // A rename, so that a full disk leaves the file unchanged.
    const temporary = join(dirname(real), `.${randomUUID()}.tmp`)
    try {
      await writeFile(temporary, content, { flag: 'wx', mode: found.mode })
      await rename(temporary, real)
    } finally {
      await rm(temporary, { force: true })
    }
    return versionOf(await stat(real))
  }

  async createFolder(path: string): Promise<void> {
    await mkdir(await this.#entryPath(path))
  }

  /** Renames or moves a file, folder or link. Never replaces another. */
  async rename(from: string, to: string): Promise<void> {
    const target = await this.#entryPath(to)
    const taken = await lstat(target).then(
      () => true,
      () => false,
    )
    if (taken) throw new FileError(409, `${to} already exists. Choose another name.`)
    await rename(await this.#entryPath(from), target)
  }

  /** Deletes a file, a link, or a folder with everything in it. */
  async delete(path: string): Promise<void> {
    await rm(await this.#entryPath(path), { recursive: true })
  }

  async #create(path: string, content: string): Promise<string> {
    const target = await this.#entryPath(path)
    await writeFile(target, content, { flag: 'wx' })
    return versionOf(await stat(target))
  }

  /** The real path of something that exists, with links followed. */
  async #realPath(path: string): Promise<string> {
    const real = await realpath(join(this.#root, checked(path)))
    const inside = relative(await realpath(this.#root), real)
    if (inside === '..' || inside.startsWith(`..${sep}`))
      throw new FileError(403, 'This path leads out of the workspace.')
    return real
  }

  /** The path of an entry that may not exist yet. Links are followed only up to its folder. */
  async #entryPath(path: string): Promise<string> {
    const name = basename(checked(path))
    if (!name || name === '.') throw new FileError(400, 'Enter a name.')
    return join(await this.#realPath(dirname(path)), name)
  }
}

function checked(path: string): string {
  if (path.startsWith('/') || /[\\\0]/.test(path) || path.split('/').includes('..')) {
    throw new FileError(400, 'Enter a path inside the workspace, without "..".')
  }
  return path
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function versionOf(found: { mtimeMs: number; size: number; ino: number }): string {
  return `${found.mtimeMs}-${found.size}-${found.ino}`
}

/** The bytes as text; null unless all of them are UTF-8, because saving would lose the others. */
function text(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
