import type { ContainerInspectInfo } from 'dockerode'
import { posix } from 'node:path'
import { pack, type Header } from 'tar-stream'
import { entryKind, readContainerFile, type EntryKind } from './archive.ts'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { EngineRefused, type SandboxFile } from '../engine.ts'
import { backupPath, MAX_BACKUP_BYTES, pathBlocked } from '../backup-path.ts'

interface Owner {
  uid: number
  gid: number
}

interface ArchiveFile {
  path: string
  content: string | Buffer
}

const KIND_TEXTS = { folder: 'a folder', file: 'a file', link: 'a link', other: 'neither a file nor a folder' }

/** Largest /etc/passwd or /etc/group of an image, in bytes. */
const MAX_TABLE_BYTES = 1024 * 1024

/** Writes files into containers, and remembers what it learns about each image. */
export class DockerFiles {
  readonly #client: DockerClient
  /** Keyed by the image's id, which stands for its content. */
  readonly #owners = new Map<string, Promise<Owner>>()
  readonly #folders = new Map<string, Promise<EntryKind | null>>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /**
   * Writes the files and the folders that they need, all owned by the image's user.
   * @param isNew whether the container was just created, so that its folders come from the image
   */
  async put(ref: string, files: SandboxFile[], isNew: boolean): Promise<void> {
    const info = await this.#inspect(ref, files)
    const folders: string[] = []
    for (const folder of foldersOf(files)) {
      const request = () => entryKind(this.#client, info.Id, folder)
      // The volume's content belongs to a participant, not to the image.
      const fromImage = isNew && folder !== '/workspace' && !folder.startsWith('/workspace/')
      const found = await (fromImage ? remember(this.#folders, `${info.Image} ${folder}`, request) : request())
      if (found === null) folders.push(folder)
    }
    await this.#write(info, files, folders)
  }

  /**
   * As `put` into a running container, only for files that differ; what is replaced is backed up next to it. Nothing is
   * written through links, which participants may point anywhere; a link created in the meantime leads no further than
   * the participant's own container. Returns the paths of the files that differed.
   */
  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    const info = await this.#inspect(ref, files)
    const folders: string[] = []
    for (const folder of foldersOf(files)) {
      const found = folders.includes(posix.dirname(folder)) ? null : await entryKind(this.#client, ref, folder)
      if (found === null) folders.push(folder)
      else if (found !== 'folder') throw pathBlocked(folder, KIND_TEXTS[found])
    }
    const changed: SandboxFile[] = []
    const backups: ArchiveFile[] = []
    for (const file of files) {
      const current = await this.#current(ref, file.path, folders)
      if (current?.equals(Buffer.from(file.content))) continue
      changed.push(file)
      if (!current?.length) continue
      const isTaken = (await entryKind(this.#client, ref, backupPath(file.path, false))) !== null
      backups.push({ path: backupPath(file.path, isTaken), content: current })
    }
    // Backups come first: on a full disk, nothing is replaced that could not be backed up.
    if (changed.length > 0) await this.#write(info, [...backups, ...changed], folders)
    return changed.map(({ path }) => path)
  }

  /** The present content of a file; null when it does not exist. @param missing folders that do not exist */
  async #current(ref: string, path: string, missing: string[]): Promise<Buffer | null> {
    if (missing.includes(posix.dirname(path))) return null
    const found = await entryKind(this.#client, ref, path)
    if (found === null) return null
    if (found !== 'file') throw pathBlocked(path, KIND_TEXTS[found])
    return readContainerFile(this.#client, ref, path, MAX_BACKUP_BYTES)
  }

  #inspect(ref: string, files: SandboxFile[]): Promise<ContainerInspectInfo> {
    for (const { path } of files) assertPath(path)
    return this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      docker.getContainer(ref).inspect({ abortSignal }),
    )
  }

  async #write(info: ContainerInspectInfo, files: ArchiveFile[], folders: string[]): Promise<void> {
    const owner = await remember(this.#owners, info.Image, () => this.#owner(info))
    const tar = makeTar(files, folders, owner)
    const query = { path: '/', noOverwriteDirNonDir: '1' }
    await this.#client.request(TIMEOUT_MS.create, (docker, abortSignal) =>
      docker.getContainer(info.Id).putArchive(tar, { ...query, abortSignal }),
    )
  }

  /** The image's user as numbers. Images may give a name, and may leave out the group. */
  async #owner(info: ContainerInspectInfo): Promise<Owner> {
    const [user = '', group] = (info.Config.User || '0').split(':')
    const account = (await this.#table(info.Id, '/etc/passwd')).find((line) => line[0] === user || line[2] === user)
    const uid = toId(user) ?? toId(account?.[2]) ?? 1000
    if (group === undefined) return { uid, gid: toId(account?.[3]) ?? (toId(user) === null ? 1000 : 0) }
    if (toId(group) !== null) return { uid, gid: Number(group) }
    const entry = (await this.#table(info.Id, '/etc/group')).find((line) => line[0] === group)
    return { uid, gid: toId(entry?.[2]) ?? 1000 }
  }

  /** The fields of every line of a file such as /etc/passwd; empty when the image has no such file. */
  async #table(ref: string, path: string): Promise<string[][]> {
    const content = (await readContainerFile(this.#client, ref, path, MAX_TABLE_BYTES)) ?? ''
    return content
      .toString()
      .split('\n')
      .map((line) => line.split(':'))
  }
}

function makeTar(files: ArchiveFile[], folders: string[], owner: Owner): NodeJS.ReadableStream {
  const tar = pack()
  const entry = (name: string): Partial<Header> & { name: string } => ({
    name: name.slice(1),
    ...owner,
    mtime: new Date(),
  })
  for (const folder of folders) tar.entry({ ...entry(`${folder}/`), type: 'directory', mode: 0o755 })
  // The files hold keys.
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
  throw new EngineRefused(`"${path}" cannot be written into the sandbox. Use the absolute path of a file.`)
}

function toId(value: string | undefined): number | null {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : null
}

/** Requests each key once; a failure is not remembered. */
function remember<T>(known: Map<string, Promise<T>>, key: string, request: () => Promise<T>): Promise<T> {
  let answer = known.get(key)
  if (!answer) {
    answer = request()
    known.set(key, answer)
    answer.catch(() => known.delete(key))
  }
  return answer
}
