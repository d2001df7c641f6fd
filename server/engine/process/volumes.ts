import { Mutex } from 'async-mutex'
import type { Stats } from 'node:fs'
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path'
import { EngineRefused, type SandboxFile } from '../engine.ts'
import { ownVolumeName } from '../identity.ts'
import { backupPath, fileTooLarge, MAX_BACKUP_BYTES, pathBlocked } from '../backup-path.ts'

/**
 * Volumes as plain directories, `<workspaceDir>/<group>/<username>`, where people find them. A link in
 * `<workspaceDir>/.volumes` leads from each volume to its directory, so that renamed people keep their files.
 */
export class Volumes {
  readonly #root: string
  readonly #node: string
  /** Keeps two volumes from taking the same free directory. */
  readonly #mutex = new Mutex()

  /** @param node the server that the volumes belong to which it uses first */
  constructor(workspaceDir: string, node: string) {
    this.#root = resolve(workspaceDir)
    this.#node = node
  }

  /** See the port. */
  async own(volume: string): Promise<string> {
    const own = ownVolumeName(volume, this.#node)
    if ((await this.#find(own)) !== null) return own
    return (await this.#isForeign(volume)) ? own : volume
  }

  /** The volume's directory, as an absolute path; created when missing. */
  ensure(volume: string, owner: { group: string; username: string }): Promise<string> {
    return this.#mutex.runExclusive(async () => {
      const dir = (await this.#find(volume)) ?? (await this.#claim(volume, owner))
      await this.#assertInside(dir)
      await mkdir(dir, { recursive: true })
      await this.#sign(volume)
      return dir
    })
  }

  /** Deletes the volume's files, settings and link; does nothing when it does not exist. */
  remove(volume: string): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      if (await this.#isForeign(volume)) return
      const dir = await this.#find(volume)
      if (dir) {
        await this.#assertInside(dir)
        await rm(dir, { recursive: true, force: true })
      }
      await rm(this.#home(volume), { recursive: true, force: true })
      await rm(this.#link(volume), { force: true })
      await rm(this.#signature(volume), { force: true })
    })
  }

  /** The home directory that goes with a volume, because settings do not belong among a participant's files. Created when missing. */
  async home(volume: string): Promise<string> {
    await mkdir(this.#home(volume), { recursive: true, mode: 0o700 })
    return this.#home(volume)
  }

  /**
   * Writes files of /workspace and /home/vscode, and ignores others. A participant's file that is replaced is backed up
   * next to it. @returns the paths of the files that were missing or had other content
   */
  async put(volume: string, workspace: string, files: SandboxFile[]): Promise<string[]> {
    const bases = Object.entries({ '/workspace': workspace, '/home/vscode': await this.home(volume) })
    const changed = []
    // All files are checked before the first one is written.
    for (const { path: sandboxPath, content } of files) {
      const [prefix = '', base] = bases.find(([one]) => posix.normalize(sandboxPath).startsWith(`${one}/`)) ?? []
      if (base === undefined) continue
      const path = posix.relative(prefix, sandboxPath)
      const current = await fileAt(base, path)
      if (!current?.equals(Buffer.from(content))) changed.push({ sandboxPath, base, path, content, current })
    }
    for (const { base, path, content, current } of changed) {
      const isTaken = (await lstat(join(base, backupPath(path, false))).catch(ifMissing(null))) !== null
      if (current?.length) await write(base, backupPath(path, isTaken), current)
      await write(base, path, content)
    }
    return changed.map(({ sandboxPath }) => sandboxPath)
  }

  async #isForeign(volume: string): Promise<boolean> {
    const node = await readFile(this.#signature(volume), 'utf8').catch(ifMissing(null))
    return node !== null && node !== this.#node
  }

  /** Volumes of versions before 0.2.0 are not signed, and belong to the server that uses them first. */
  async #sign(volume: string): Promise<void> {
    await mkdir(dirname(this.#signature(volume)), { recursive: true, mode: 0o700 })
    await writeFile(this.#signature(volume), this.#node, { flag: 'wx' }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }

  #signature(volume: string): string {
    return join(this.#root, '.nodes', assertSegment(volume, 'volume'))
  }

  #link(volume: string): string {
    return join(this.#root, '.volumes', assertSegment(volume, 'volume'))
  }

  #home(volume: string): string {
    return join(this.#root, '.home', assertSegment(volume, 'volume'))
  }

  async #find(volume: string): Promise<string | null> {
    const link = this.#link(volume)
    const target = await readlink(link).catch(ifMissing(null))
    return target === null ? null : resolve(dirname(link), target)
  }

  async #claim(volume: string, owner: { group: string; username: string }): Promise<string> {
    const group = join(this.#root, directoryName(owner.group, 'group'))
    const name = directoryName(owner.username, 'user')
    await this.#assertInside(group)
    const taken = await this.#taken()
    let dir = join(group, name)
    for (let n = 2; !(await isFree(dir, taken)); n++) dir = join(group, `${name}-${n}`)
    await mkdir(dir, { recursive: true })
    await mkdir(dirname(this.#link(volume)), { recursive: true, mode: 0o700 })
    await symlink(relative(dirname(this.#link(volume)), dir), this.#link(volume))
    return dir
  }

  /** Identities of the directories that belong to volumes. Paths would not do, because some file systems ignore case or accents. */
  async #taken(): Promise<Set<string>> {
    const folder = join(this.#root, '.volumes')
    const names = await readdir(folder).catch(ifMissing([] as string[]))
    const ids = await Promise.all(names.map((name) => stat(join(folder, name)).then(identity, ifMissing(''))))
    // A directory deleted by hand still belongs to its volume, which will create it again.
    const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
    return new Set([...ids, ...targets.map((target) => resolve(folder, target))])
  }

  /** Nothing, links included, may lead a volume out of the workspace directory, or into THON's own files there. */
  async #assertInside(dir: string): Promise<void> {
    const inside = relative(await realpath(this.#root), await realExisting(dir))
    const lexical = relative(this.#root, dir)
    if (escapes(inside) || escapes(lexical) || lexical === '' || lexical.startsWith('.')) {
      throw new EngineRefused(
        `The workspace ${dir} leads out of ${this.#root}. Remove the link that does, or its entry in .volumes.`,
      )
    }
  }
}

/** @throws EngineRefused for what cannot name a single file; THON's own ids and volume names always can */
export function assertSegment(name: string, what: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) && name.length <= 200) return name
  throw new EngineRefused(`"${name}" cannot name a ${what}. Use letters, digits, dots, dashes and underscores.`)
}

/** A directory for a name that people chose: short enough for every file system, and never hidden like THON's own files. */
function directoryName(name: string, what: string): string {
  if (!name || /[/\\\0]/.test(name) || name === '.' || name === '..') {
    throw new EngineRefused(`"${name}" cannot name the directory of a ${what}. Rename the ${what}.`)
  }
  const visible = name.startsWith('.') ? `_${name}` : name
  // A character that is cut in half is dropped.
  return Buffer.from(visible)
    .subarray(0, 200)
    .toString()
    .replace(/\uFFFD+$/, '')
}

async function isFree(dir: string, taken: Set<string>): Promise<boolean> {
  if (taken.has(dir)) return false
  const found = await lstat(dir).catch(ifMissing(null))
  return found === null || (found.isDirectory() && !taken.has(identity(found)))
}

function identity(found: { dev: number; ino: number }): string {
  return `${found.dev}:${found.ino}`
}

/** The present content of a file; null when it does not exist. Participants may have put anything in its place. */
async function fileAt(base: string, path: string): Promise<Buffer | null> {
  const target = join(base, path)
  await assertWithin(base, path)
  const found = await lstat(target).catch(ifMissing(null))
  if (found === null) return null
  if (!found.isFile()) throw pathBlocked(path, kindOf(found))
  if (found.size > MAX_BACKUP_BYTES) throw fileTooLarge(path, MAX_BACKUP_BYTES)
  return readFile(target)
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a link'
  return found.isDirectory() ? 'a folder' : 'neither a file nor a folder'
}

async function assertWithin(base: string, path: string): Promise<void> {
  if (!escapes(relative(await realpath(base), await realExisting(dirname(join(base, path)))))) return
  throw new EngineRefused(
    `${path} cannot be written, because a link in the workspace leads out of it. Remove the link.`,
  )
}

async function write(base: string, path: string, content: string | Buffer): Promise<void> {
  const target = join(base, path)
  await assertWithin(base, path)
  await mkdir(dirname(target), { recursive: true })
  // A rename replaces a link instead of following it.
  const temporary = join(dirname(target), `.${basename(target)}.thon-new`)
  await rm(temporary, { force: true })
  try {
    // Files may hold keys.
    await writeFile(temporary, content, { flag: 'wx', mode: 0o600 })
    await rename(temporary, target)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** The real path of the deepest part of `path` that exists. */
async function realExisting(path: string): Promise<string> {
  for (let part = path; ; part = dirname(part)) {
    const real = await realpath(part).catch(ifMissing(null))
    if (real !== null) return real
    // A link to nothing has no real path, but would be followed once its target exists.
    if (await lstat(part).then((found) => found.isSymbolicLink(), ifMissing(false))) return sep
  }
}

function escapes(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || relativePath.startsWith(sep)
}

/** A rejection handler that returns `value` for a missing file and throws every other error. */
function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
