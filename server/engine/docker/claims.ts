import { Mutex } from 'async-mutex'
import { randomUUID } from 'node:crypto'
import { TIMEOUT_MS, type Abortable, type DockerClient } from './client.ts'
import { tolerate } from './errors.ts'
import { LABEL } from './spec.ts'
import { EngineUnavailable } from '../engine.ts'
import { sameIdentity, type DatabaseFile, type EngineIdentity } from '../identity.ts'

/**
 * Docker has nothing that programs could lock. So a THON that runs keeps an empty volume there, whose labels say which
 * database it is, and replaces it every few seconds by a new one: its age tells whether that THON still runs.
 */
const CLAIM = {
  database: 'thon.claim.database',
  host: 'thon.claim.host',
  file: 'thon.claim.file',
  folder: 'thon.claim.folder',
  run: 'thon.claim.run',
  stopped: 'thon.claim.stopped',
} as const

/** The age from which a claim no longer counts, in milliseconds: four of the watcher's checks. */
const STALE_MS = 60_000
/** How long a THON that stops waits for Docker, in milliseconds. */
const RELEASE_MS = 5_000

/** What a THON has recorded about itself on an engine. */
export interface NodeClaimed {
  /** The volume that holds it. */
  volume: string
  node: string
  database: DatabaseFile
  /** Different for every process. */
  run: string
  /** It stopped in an orderly way, and left sandboxes or volumes. */
  stopped: boolean
  createdAt: Date
}

/** Every claim on the engine. @param node only of this THON. Throws as the port says. */
export async function listClaims(client: DockerClient, node?: string): Promise<NodeClaimed[]> {
  const label = [node === undefined ? LABEL.claim : `${LABEL.claim}=${node}`]
  const { Volumes: volumes } = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
    docker.listVolumes({ filters: { label }, abortSignal }),
  )
  // Docker sends null for an empty list, although dockerode's types do not say so.
  return ((volumes as typeof volumes | null) ?? []).map(({ Name, Labels: labels, ...rest }) => ({
    volume: Name,
    node: labels[LABEL.claim] ?? '',
    database: {
      path: labels[CLAIM.database] ?? '',
      host: labels[CLAIM.host] ?? '',
      file: labels[CLAIM.file] ?? '',
      folder: labels[CLAIM.folder] ?? '',
    },
    run: labels[CLAIM.run] ?? '',
    stopped: labels[CLAIM.stopped] !== undefined,
    createdAt: new Date((rest as { CreatedAt?: string }).CreatedAt ?? 0),
  }))
}

/** Those of the claims whose THON runs. By the engine's clock, because machines may differ. Throws as the port says. */
export async function livingClaims(client: DockerClient, claims: NodeClaimed[]): Promise<NodeClaimed[]> {
  const candidates = claims.filter((claim) => !claim.stopped)
  if (candidates.length === 0) return []
  const { SystemTime: now } = await client.request(TIMEOUT_MS.inspect, (docker, abortSignal) =>
    (docker.info as Abortable<{ SystemTime: string }>).call(docker, { abortSignal }),
  )
  return candidates.filter(({ createdAt }) => new Date(now).getTime() - createdAt.getTime() < STALE_MS)
}

/** The right of one process to act as a node. A copy of the database has the same node, and gets no right meanwhile. */
export class NodeClaim {
  readonly #client: DockerClient
  readonly #identity: EngineIdentity
  readonly #run = randomUUID()
  readonly #mutex = new Mutex()

  constructor(client: DockerClient, identity: EngineIdentity) {
    this.#client = client
    this.#identity = identity
  }

  /** Claims the node, or renews the claim. @throws EngineUnavailable while another THON has it, and as the port says */
  renew(): Promise<void> {
    return this.#mutex.runExclusive(async () => {
      await this.#assertAlone()
      const volume = await this.#create()
      // Another one may have started at the same moment.
      await this.#assertAlone(volume)
      await this.#removeAllBut(volume)
    })
  }

  /**
   * The process ends. The claim stays, as stopped, while volumes or sandboxes do, and says whose they are.
   * @param isNeeded whether something is left. Never throws.
   */
  async release(isNeeded: () => Promise<boolean>): Promise<void> {
    const release = this.#mutex.runExclusive(async () => {
      if ((await this.#own()).length === 0) return
      const volume = (await isNeeded()) ? await this.#create(true) : null
      await this.#removeAllBut(volume)
    })
    const tooLate = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => tooLate.resolve(undefined), RELEASE_MS)
    await Promise.race([release.catch(() => undefined), tooLate.promise])
    clearTimeout(timer)
  }

  async #own(): Promise<NodeClaimed[]> {
    return (await listClaims(this.#client, this.#identity.node)).filter(({ run }) => run === this.#run)
  }

  /** @param created this process's new claim, which is removed again when another process has precedence */
  async #assertAlone(created: string | null = null): Promise<void> {
    const { database, node } = this.#identity
    const claims = await listClaims(this.#client, node)
    const holds = claims.some(({ run, volume }) => run === this.#run && (created === null || volume === created))
    // This process has this very file locked, so a process that claimed with it before has ended.
    const others = claims.filter((claim) => claim.run !== this.#run && claim.database.file !== database.file)
    const rivals = holds ? others.filter(({ run }) => run < this.#run) : others
    const [rival] = await livingClaims(this.#client, rivals)
    if (!rival) return
    if (created !== null) await this.#remove(created)
    throw new EngineUnavailable(sameIdentity(database, rival.database))
  }

  async #create(stopped = false): Promise<string> {
    const { database, node } = this.#identity
    const { path, host, file, folder } = database
    const body = {
      Name: `thon-node-${node}-${randomUUID().slice(0, 8)}`,
      Labels: {
        [LABEL.claim]: node,
        [CLAIM.database]: path,
        [CLAIM.host]: host,
        [CLAIM.file]: file,
        [CLAIM.folder]: folder,
        [CLAIM.run]: this.#run,
        ...(stopped && { [CLAIM.stopped]: '1' }),
      },
    }
    await this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.createVolume({ ...body, abortSignal } as typeof body),
    )
    return body.Name
  }

  async #removeAllBut(kept: string | null): Promise<void> {
    for (const { volume } of await listClaims(this.#client, this.#identity.node))
      if (volume !== kept) await this.#remove(volume)
  }

  async #remove(volume: string): Promise<void> {
    const remove = this.#client.request(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getVolume(volume).remove({ abortSignal }),
    )
    await tolerate(remove, (status) => status === 404 || status === 409)
  }
}
