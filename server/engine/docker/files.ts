import type { ContainerInspectInfo } from 'dockerode'
import { posix } from 'node:path'
import { pack, type Header } from 'tar-stream'
import { lookAt, readFrom, type Found } from './archive.ts'
import { WITHIN, type DockerClient } from './client.ts'
import { EngineRefused, type SandboxFile } from '../engine.ts'
import { inTheWay, backupPath, LARGEST_KEPT } from '../backup-path.ts'

interface Owner {
  uid: number
  gid: number
}

interface Placed {
  path: string
  content: string | Buffer
}

const WORDS = { folder: 'a folder', file: 'a file', link: 'a link', other: 'neither a file nor a folder' }

/** /etc/passwd and /etc/group of an image, in bytes. */
const LARGEST_TABLE = 1024 * 1024

/** Puts files into containers, and remembers what it learns about each image. */
export class DockerFiles {
  readonly #client: DockerClient
  /** By the image's id, which names its content. */
  readonly #owners = new Map<string, Promise<Owner>>()
  readonly #folders = new Map<string, Promise<Found | null>>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /**
   * Writes the files, and the folders they need that the image lacks, all owned by the image's user.
   * @param isNew whether it has just been made, so that its folders are those of its image
   */
  async put(ref: string, files: SandboxFile[], isNew: boolean): Promise<void> {
    const info = await this.#inspect(ref, files)
    const folders: string[] = []
    for (const folder of foldersOf(files)) {
      const look = () => lookAt(this.#client, info.Id, folder)
      // The volume's content belongs to a person, not to the image.
      const ofImage = isNew && folder !== '/workspace' && !folder.startsWith('/workspace/')
      const found = await (ofImage ? remember(this.#folders, `${info.Image} ${folder}`, look) : look())
      if (found === null) folders.push(folder)
    }
    await this.#write(info, files, folders)
  }

  /**
   * As `put` into one that runs, for the files that it has not; what is in their place is kept beside them. Nothing is
   * written through links, which participants may lead anywhere; whoever makes one just now leads it no further than
   * their own container. Returns the paths of those it had not.
   */
  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    const info = await this.#inspect(ref, files)
    const folders: string[] = []
    for (const folder of foldersOf(files)) {
      const found = folders.includes(posix.dirname(folder)) ? null : await lookAt(this.#client, ref, folder)
      if (found === null) folders.push(folder)
      else if (found !== 'folder') throw inTheWay(folder, WORDS[found])
    }
    const news: SandboxFile[] = []
    const kept: Placed[] = []
    for (const file of files) {
      const old = await this.#old(ref, file.path, folders)
      if (old?.equals(Buffer.from(file.content))) continue
      news.push(file)
      if (!old?.length) continue
      const isTaken = (await lookAt(this.#client, ref, backupPath(file.path, false))) !== null
      kept.push({ path: backupPath(file.path, isTaken), content: old })
    }
    // What is kept goes first: on a full disk nothing is replaced that could not be kept.
    if (news.length > 0) await this.#write(info, [...kept, ...news], folders)
    return news.map(({ path }) => path)
  }

  /** What is in a file's place; null when nothing is. @param missing folders that are not there */
  async #old(ref: string, path: string, missing: string[]): Promise<Buffer | null> {
    if (missing.includes(posix.dirname(path))) return null
    const found = await lookAt(this.#client, ref, path)
    if (found === null) return null
    if (found !== 'file') throw inTheWay(path, WORDS[found])
    return readFrom(this.#client, ref, path, LARGEST_KEPT)
  }

  #inspect(ref: string, files: SandboxFile[]): Promise<ContainerInspectInfo> {
    for (const { path } of files) assertPath(path)
    return this.#client.ask(WITHIN.look, (docker, abortSignal) => docker.getContainer(ref).inspect({ abortSignal }))
  }

  async #write(info: ContainerInspectInfo, files: Placed[], folders: string[]): Promise<void> {
    const owner = await remember(this.#owners, info.Image, () => this.#owner(info))
    const tar = makeTar(files, folders, owner)
    const query = { path: '/', noOverwriteDirNonDir: '1' }
    await this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.getContainer(info.Id).putArchive(tar, { ...query, abortSignal }),
    )
  }

  /** The image's user as numbers: it may be a name, and may leave out its group. */
  async #owner(info: ContainerInspectInfo): Promise<Owner> {
    const [user = '', group] = (info.Config.User || '0').split(':')
    const account = (await this.#table(info.Id, '/etc/passwd')).find((line) => line[0] === user || line[2] === user)
    const uid = toId(user) ?? toId(account?.[2]) ?? 1000
    if (group === undefined) return { uid, gid: toId(account?.[3]) ?? (toId(user) === null ? 1000 : 0) }
    if (toId(group) !== null) return { uid, gid: Number(group) }
    const entry = (await this.#table(info.Id, '/etc/group')).find((line) => line[0] === group)
    return { uid, gid: toId(entry?.[2]) ?? 1000 }
  }

  /** The fields of every line of a file such as /etc/passwd; none when the image has no such file. */
  async #table(ref: string, path: string): Promise<string[][]> {
    const content = (await readFrom(this.#client, ref, path, LARGEST_TABLE)) ?? ''
    return content
      .toString()
      .split('\n')
      .map((line) => line.split(':'))
  }
}

function makeTar(files: Placed[], folders: string[], owner: Owner): NodeJS.ReadableStream {
  const tar = pack()
  const entry = (name: string): Partial<Header> & { name: string } => ({
    name: name.slice(1),
    ...owner,
    mtime: new Date(),
  })
  for (const folder of folders) tar.entry({ ...entry(`${folder}/`), type: 'directory', mode: 0o755 })
  // Keys are in them, and nobody else reads them.
  for (const { path, content } of files) tar.entry({ ...entry(path), mode: 0o600 }, content)
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
}

/** Every folder on the way to the files, parents before children. */
function foldersOf(files: SandboxFile[]): string[] {
  return [...new Set(files.flatMap(({ path }) => parents(path)))]
}

/** `/a/b/c` gives `/a` and `/a/b`. */
function parents(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

function assertPath(path: string): void {
  if (path.startsWith('/') && !path.endsWith('/') && posix.normalize(path) === path) return
  throw new EngineRefused(`"${path}" is not the absolute path of a file, so it cannot be put into the sandbox.`)
}

function toId(value: string | undefined): number | null {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : null
}

/** Asks once for each key; a failure is not remembered. */
function remember<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  let answer = known.get(key)
  if (!answer) {
    answer = ask()
    known.set(key, answer)
    answer.catch(() => known.delete(key))
  }
  return answer
}
