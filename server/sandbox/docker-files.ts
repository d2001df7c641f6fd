import type { ContainerInspectInfo } from 'dockerode'
import { posix } from 'node:path'
import { text } from 'node:stream/consumers'
import { extract, pack, type Header } from 'tar-stream'
import { WITHIN, type DockerClient } from './docker-client.ts'
import { statusOf } from './docker-errors.ts'
import { EngineRefused, type SandboxFile } from './engine.ts'

interface Owner {
  uid: number
  gid: number
}

/** Puts files into containers, and remembers what it learns about each image. */
export class DockerFiles {
  readonly #client: DockerClient
  /** By the image's id, which names its content. */
  readonly #owners = new Map<string, Promise<Owner>>()
  readonly #folders = new Map<string, Promise<boolean>>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Writes the files, and the folders they need that the image lacks, all owned by the image's user. */
  async put(ref: string, files: SandboxFile[]): Promise<void> {
    for (const { path } of files) assertPath(path)
    const info = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      docker.getContainer(ref).inspect({ abortSignal }),
    )
    const [owner, folders] = await Promise.all([
      remember(this.#owners, info.Image, () => this.#owner(info)),
      this.#missingFolders(info, files),
    ])
    const tar = makeTar(files, folders, owner)
    await this.#client.ask(WITHIN.make, (docker, abortSignal) =>
      docker.getContainer(ref).putArchive(tar, { path: '/', abortSignal }),
    )
  }

  /** As `put`, for those that it has not; what is in their place is kept beside them. Returns their paths. */
  async update(ref: string, files: SandboxFile[]): Promise<string[]> {
    const olds = await Promise.all(files.map(({ path }) => this.#read(ref, path)))
    const news = files.filter(({ content }, index) => content !== olds[index])
    const kept = files.flatMap(({ path, content }, index) => {
      const old = olds[index] as string
      return old !== '' && old !== content ? [{ path: `${path}.bak`, content: old }] : []
    })
    if (news.length > 0) await this.put(ref, [...kept, ...news])
    return news.map(({ path }) => path)
  }

  /** Parents before children. Folders that exist are left out: a tar would change their owner and mode. */
  async #missingFolders(info: ContainerInspectInfo, files: SandboxFile[]): Promise<string[]> {
    const folders = [...new Set(files.flatMap(({ path }) => parents(path)))]
    const there = await Promise.all(folders.map((folder) => this.#hasFolder(info, folder)))
    return folders.filter((_, index) => !there[index])
  }

  #hasFolder(info: ContainerInspectInfo, path: string): Promise<boolean> {
    const look = () => this.#exists(info.Id, path)
    // The volume's content belongs to a person, not to the image.
    const changes = path === '/workspace' || path.startsWith('/workspace/')
    return changes ? look() : remember(this.#folders, `${info.Image} ${path}`, look)
  }

  async #exists(ref: string, path: string): Promise<boolean> {
    try {
      const answer = await this.#client.stream(WITHIN.act, (docker, abortSignal) =>
        docker.getContainer(ref).infoArchive({ path, abortSignal }),
      )
      answer.resume()
      return true
    } catch (error) {
      if (statusOf(error) === 404) return false
      throw error
    }
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
    const content = await this.#read(ref, path)
    return content.split('\n').map((line) => line.split(':'))
  }

  async #read(ref: string, path: string): Promise<string> {
    const tar = extract()
    try {
      const archive = await this.#client.stream(WITHIN.act, (docker, abortSignal) =>
        docker.getContainer(ref).getArchive({ path, abortSignal }),
      )
      archive.on('error', (error) => tar.destroy(error))
      archive.pipe(tar)
      for await (const entry of tar) return await text(entry)
      return ''
    } catch (error) {
      if (statusOf(error) === 404) return ''
      throw error
    } finally {
      tar.destroy()
    }
  }
}

function makeTar(files: SandboxFile[], folders: string[], owner: Owner): NodeJS.ReadableStream {
  const tar = pack()
  const entry = (name: string): Partial<Header> & { name: string } => ({
    name: name.slice(1),
    ...owner,
    mtime: new Date(),
  })
  for (const folder of folders) tar.entry({ ...entry(`${folder}/`), type: 'directory', mode: 0o755 })
  for (const { path, content } of files) tar.entry({ ...entry(path), mode: 0o644 }, content)
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
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
