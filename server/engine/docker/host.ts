import { TIMEOUT_MS, type Abortable, type DockerClient } from './client.ts'

/** What Docker's machine offers, as far as a new container depends on it. */
export interface DockerHostInfo {
  cpus: number
  /** Whether docker-init is installed, which Debian has in a package of its own. */
  hasInit: boolean
  /** Whether it can keep system calls from containers. */
  hasSeccomp: boolean
}

interface InfoResponse {
  NCPU: number
  InitBinary?: string
  InitCommit?: { ID?: string }
  SecurityOptions?: string[] | null
}

/** The machine that Docker runs on. */
export class DockerHost {
  readonly #client: DockerClient
  #info: Promise<DockerHostInfo> | null = null

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Asks Docker once and remembers the answer, but not a failure. Throws as the port says. */
  info(): Promise<DockerHostInfo> {
    this.#info ??= this.#request().catch((error: unknown) => {
      this.#info = null
      throw error
    })
    return this.#info
  }

  async #request(): Promise<DockerHostInfo> {
    const info = await this.#client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
      (docker.info as Abortable<InfoResponse>).call(docker, { abortSignal }),
    )
    return { cpus: info.NCPU, hasInit: hasInit(info), hasSeccomp: hasSeccomp(info) }
  }
}

function hasSeccomp({ SecurityOptions }: InfoResponse): boolean {
  return SecurityOptions?.some((option) => option.startsWith('name=seccomp')) ?? false
}

/** Docker always names the program it would use, but reports a version only when it could run that program. */
function hasInit({ InitBinary, InitCommit }: InfoResponse): boolean {
  return Boolean(InitBinary) && InitCommit?.ID !== undefined && InitCommit.ID !== 'N/A'
}
