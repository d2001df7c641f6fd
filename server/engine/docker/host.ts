import { WITHIN, type Abortable, type DockerClient } from './client.ts'
import type { Machine } from './spec.ts'

interface MachineInfo {
  NCPU: number
  InitBinary?: string
  InitCommit?: { ID?: string }
}

/** The machine of the engine, asked for once. */
export class DockerMachine {
  readonly #client: DockerClient
  #answer: Promise<Machine> | null = null

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** What it can do; a failure is not remembered. Throws as the port says. */
  ask(): Promise<Machine> {
    this.#answer ??= this.#ask().catch((error: unknown) => {
      this.#answer = null
      throw error
    })
    return this.#answer
  }

  async #ask(): Promise<Machine> {
    const info = await this.#client.ask(WITHIN.look, (docker, abortSignal) =>
      (docker.info as Abortable<MachineInfo>).call(docker, { abortSignal }),
    )
    return { cpus: info.NCPU, hasInit: hasInit(info) }
  }
}

/** Docker names the program it would use in any case, and the version only of one that it could run. */
function hasInit({ InitBinary, InitCommit }: MachineInfo): boolean {
  return Boolean(InitBinary) && InitCommit?.ID !== undefined && InitCommit.ID !== 'N/A'
}
