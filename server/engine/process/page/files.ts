import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'

/** The most the editor opens and saves, in bytes. */
export const MAX_BYTES = 2 << 20
const MAX_ENTRIES = 2000

/** Why a request for a file cannot be done: `message` is for people, `status` for HTTP. */
export class FileFault extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One line of a folder. */
export interface Entry {
  name: string
  folder: boolean
}

/** A file as the editor gets it; `content` null: it is not text. `version` goes back with a save. */
export interface FileText {
  content: string | null
  size: number
  version: string
}

/** The files under one root. Every path is relative to it, with slashes; none leads out, through links either. */
export class Files {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** What is in a folder, folders first; of very many only the first 2000. */
  async list(path: string): Promise<{ entries: Entry[]; more: boolean }> {
    const folder = await this.#real(path)
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
    const real = await this.#real(path)
    // Looked at before it is opened: to open a pipe waits for its writer.
    if (!(await stat(real)).isFile()) throw new FileFault(400, 'This is not a file.')
    await using file = await open(real)
    const found = await file.stat()
    if (found.size > MAX_BYTES) throw new FileFault(413, 'This file is too large for the editor: it opens up to 2 MiB.')
    return { content: text(await file.readFile()), size: found.size, version: versionOf(found) }
  }

  /** Saves a file that was read as `version`; null makes a new one. Returns the new version. */
  async write(path: string, content: string, version: string | null): Promise<string> {
    if (Buffer.byteLength(content) > MAX_BYTES)
      throw new FileFault(413, 'This is too large for the editor: it saves up to 2 MiB.')
    if (version === null) return this.#make(path, content)
    const real = await this.#real(path)
    const found = await stat(real)
    if (versionOf(found) !== version) throw new FileFault(409, 'Somebody else changed this file since you opened it.')
    // By rename, so that a full disk leaves the file as it was.
    const temporary = join(dirname(real), `.${randomUUID()}.tmp`)
    try {
      await writeFile(temporary, content, { flag: 'wx', mode: found.mode })
      await rename(temporary, real)
    } finally {
      await rm(temporary, { force: true })
    }
    return versionOf(await stat(real))
  }

  /** Makes a folder. */
  async makeFolder(path: string): Promise<void> {
    await mkdir(await this.#place(path))
  }

  /** Renames or moves a file, folder or link; never over another. */
  async rename(from: string, to: string): Promise<void> {
    const target = await this.#place(to)
    const taken = await lstat(target).then(
      () => true,
      () => false,
    )
    if (taken) throw new FileFault(409, `There already is ${to}.`)
    await rename(await this.#place(from), target)
  }

  /** Deletes a file, a link, or a folder with everything in it. */
  async delete(path: string): Promise<void> {
    await rm(await this.#place(path), { recursive: true })
  }

  async #make(path: string, content: string): Promise<string> {
    const target = await this.#place(path)
    await writeFile(target, content, { flag: 'wx' })
    return versionOf(await stat(target))
  }

  /** The real path of something that exists, links followed. */
  async #real(path: string): Promise<string> {
    const real = await realpath(join(this.#root, checked(path)))
    const inside = relative(await realpath(this.#root), real)
    if (inside === '..' || inside.startsWith(`..${sep}`)) throw new FileFault(403, 'This leads out of the workspace.')
    return real
  }

  /** The path of an entry itself, which may not exist yet: only the folder it is in is followed. */
  async #place(path: string): Promise<string> {
    const name = basename(checked(path))
    if (!name || name === '.') throw new FileFault(400, 'Give it a name.')
    return join(await this.#real(dirname(path)), name)
  }
}

function checked(path: string): string {
  if (path.startsWith('/') || /[\\\0]/.test(path) || path.split('/').includes('..')) {
    throw new FileFault(400, 'A path is relative to the workspace, without "..".')
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

/** Null unless every byte is UTF-8 text, since saving would lose the others. */
function text(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
