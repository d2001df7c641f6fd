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
import { pathBlocked, backupPath, MAX_BACKUP_BYTES, fileTooLarge } from '../backup-path.ts'

/**
 * Volumes as plain directories, `<workspaceDir>/<group>/<username>`, where people find them. A link in
 * `<workspaceDir>/.volumes` says which directory a volume has, so that files stay with a person who is renamed.
 */
export class Volumes {
  readonly #root: string
  /** One change at a time: two volumes must not both take the same free directory. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(workspaceDir: string) {
    this.#root = resolve(workspaceDir)
  }

  /** The volume's directory, absolute; made when missing. */
  ensure(volume: string, owner: { group: string; username: string }): Promise<string> {
    return this.#next(async () => {
      const dir = (await this.#find(volume)) ?? (await this.#claim(volume, owner))
      await this.#assertInside(dir)
      await mkdir(dir, { recursive: true })
      return dir
    })
  }

  /** Deletes the volume's files, settings and link; nothing when there is none. */
  remove(volume: string): Promise<void> {
    return this.#next(async () => {
      const dir = await this.#find(volume)
      if (dir) {
        await this.#assertInside(dir)
        await rm(dir, { recursive: true, force: true })
      }
      await rm(this.#home(volume), { recursive: true, force: true })
      await rm(this.#link(volume), { force: true })
    })
  }

  /** The home directory that goes with a volume: settings do not belong among a person's files. Made when missing. */
  async home(volume: string): Promise<string> {
    await mkdir(this.#home(volume), { recursive: true, mode: 0o700 })
    return this.#home(volume)
  }

  /**
   * Puts files of /workspace and /home/vscode in their places; there is no place for others. What people have there is
   * kept beside it. Returns the paths of those that were not there so.
   */
  async put(volume: string, workspace: string, files: SandboxFile[]): Promise<string[]> {
    const bases = Object.entries({ '/workspace': workspace, '/home/vscode': await this.home(volume) })
    const news = []
    // All are looked at before one is written.
    for (const { path: asked, content } of files) {
      const [prefix = '', base] = bases.find(([one]) => posix.normalize(asked).startsWith(`${one}/`)) ?? []
      if (base === undefined) continue
      const path = posix.relative(prefix, asked)
      const old = await fileAt(base, path)
      if (!old?.equals(Buffer.from(content))) news.push({ asked, base, path, content, old })
    }
    for (const { base, path, content, old } of news) {
      const isTaken = (await lstat(join(base, backupPath(path, false))).catch(ifMissing(null))) !== null
      if (old?.length) await write(base, backupPath(path, isTaken), old)
      await write(base, path, content)
    }
    return news.map(({ asked }) => asked)
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task)
    this.#turn = done.catch(() => {})
    return done
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

  /** Identities of the directories that belong to volumes: paths would not do where case or accents do not count. */
  async #taken(): Promise<Set<string>> {
    const folder = join(this.#root, '.volumes')
    const names = await readdir(folder).catch(ifMissing([] as string[]))
    const ids = await Promise.all(names.map((name) => stat(join(folder, name)).then(identity, ifMissing(''))))
    // A directory deleted by hand still belongs to its volume, which will make it again.
    const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
    return new Set([...ids, ...targets.map((target) => resolve(folder, target))])
  }

  /** Nothing, links included, may lead a volume out of the workspace directory, nor into our own bookkeeping. */
  async #assertInside(dir: string): Promise<void> {
    const inside = relative(await realpath(this.#root), await realExisting(dir))
    const lexical = relative(this.#root, dir)
    if (escapes(inside) || escapes(lexical) || lexical === '' || lexical.startsWith('.')) {
      throw new EngineRefused(
        `The workspace ${dir} leads out of ${this.#root}: remove the link that does, or its entry in .volumes.`,
      )
    }
  }
}

/** Refuses what cannot be the name of one file: our own ids and volume names always can. */
export function assertSegment(name: string, what: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) && name.length <= 200) return name
  throw new EngineRefused(`"${name}" cannot name a ${what}: use letters, digits and . _ -`)
}

/** A name people chose as a directory's: short enough for every file system, and never hidden, as our bookkeeping is. */
function directoryName(name: string, what: string): string {
  if (!name || /[/\\\0]/.test(name) || name === '.' || name === '..') {
    throw new EngineRefused(`"${name}" cannot name the directory of a ${what}.`)
  }
  let short = name.startsWith('.') ? `_${name}` : name
  while (Buffer.byteLength(short) > 200) short = [...short].slice(0, -1).join('')
  return short
}

async function isFree(dir: string, taken: Set<string>): Promise<boolean> {
  if (taken.has(dir)) return false
  const found = await lstat(dir).catch(ifMissing(null))
  return found === null || (found.isDirectory() && !taken.has(identity(found)))
}

function identity(found: { dev: number; ino: number }): string {
  return `${found.dev}:${found.ino}`
}

/** What is in a file's place, if that is a file; participants may have put anything there. */
async function fileAt(base: string, path: string): Promise<Buffer | null> {
  const target = join(base, path)
  await assertWithin(base, path)
  const found = await lstat(target).catch(ifMissing(null))
  if (found === null) return null
  if (!found.isFile()) throw pathBlocked(path, found.isDirectory() ? 'a folder' : 'no file')
  if (found.size > MAX_BACKUP_BYTES) throw fileTooLarge(path, MAX_BACKUP_BYTES)
  return readFile(target)
}

async function assertWithin(base: string, path: string): Promise<void> {
  if (!escapes(relative(await realpath(base), await realExisting(dirname(join(base, path)))))) return
  throw new EngineRefused(`${path} cannot be written: a link in the workspace leads out of it. Remove the link.`)
}

async function write(base: string, path: string, content: string | Buffer): Promise<void> {
  const target = join(base, path)
  await assertWithin(base, path)
  await mkdir(dirname(target), { recursive: true })
  // By rename, so that a link in its place is replaced and not followed.
  const temporary = join(dirname(target), `.${basename(target)}.thon-new`)
  await rm(temporary, { force: true })
  try {
    // Keys are in it.
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
    // A link to nothing has no real path, but would be followed once there is something.
    if (await lstat(part).then((found) => found.isSymbolicLink(), ifMissing(false))) return sep
  }
}

function escapes(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || relativePath.startsWith(sep)
}

/** A rejection handler that answers "there is none" with `value` and passes every other failure on. */
function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
