import type { Limits } from '../config/env.ts'

/**
 * The port to whatever runs sandboxes, in THON's words. `docker.ts` and `process.ts` implement it; one contract test
 * (tests/kit/engine-contract.ts) holds both, and the fake of the test kit, to what is written here.
 */

/** Which engine this is: a Docker daemon, or child processes of this server. */
export type EngineKind = 'docker' | 'process'

/** What an engine may be unable to do; the dashboard says so in a notice. */
export type Capability = 'isolation' | 'limits' | 'images' | 'survival'

/** What an engine says of itself when it answers. */
export interface EngineInfo {
  /** Version of the engine's software, for people. */
  version: string
  /** Whether the configured image is on this machine; null when the engine uses none. */
  imagePresent: boolean | null
}

/** Everything an engine needs to make one sandbox. */
export interface SandboxSpec {
  instanceId: string
  group: string
  username: string
  image: string
  /** Volume mounted at /workspace; made when missing. */
  volume: string
  /** Port code-server listens on inside the sandbox, 1 to 65535. */
  port: number
  /** Password code-server asks for; null lets everybody in. Never passed as an argument, only by environment. */
  password: string | null
  /** Files put in before the first start. */
  files: SandboxFile[]
  limits: Limits
}

/** A file for the sandbox, owned by its user. */
export interface SandboxFile {
  /** Absolute path inside the sandbox. */
  path: string
  content: string
}

/** What a sandbox is doing, as its engine sees it. */
export type SandboxStatus = 'created' | 'running' | 'paused' | 'exited'

/** One sandbox as its engine sees it now. */
export interface Sandbox {
  /** The engine's own id. */
  ref: string
  instanceId: string
  group: string
  username: string
  image: string
  volume: string
  port: number
  password: string | null
  status: SandboxStatus
  /** Port published on 127.0.0.1 of the host, while it runs. A restart may change it. */
  hostPort: number | null
  /** Set once exited, when the engine knows it. */
  exitCode: number | null
  /** It was killed for using too much memory. */
  outOfMemory: boolean
  /** When it was last started, as a time; null if never. */
  startedAt: Date | null
}

/** Something changed. `sandbox` null: it is gone from the engine. */
export interface SandboxEvent {
  instanceId: string
  ref: string
  sandbox: Sandbox | null
}

/** CPU and memory of one running sandbox at one moment. */
export interface SandboxStats {
  /** Share of one core: 150 is one core and a half. */
  cpuPercent: number
  memoryBytes: number
  memoryLimitBytes: number | null
}

/** Told in words what a slow step is at, for instance "Pulling image 45 %". */
export type Progress = (text: string) => void

/** The engine cannot be reached at all, as opposed to refusing one request. */
export class EngineAway extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineAway'
  }
}

/** The engine answered, and refused: `message` says why and what to do, for people. */
export class EngineRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineRefused'
  }
}

/**
 * Every method throws EngineAway when the engine cannot be reached and EngineRefused when it will not do it.
 * Commands resolve once the engine has done them; that is not yet an observation: facts come through `events` and `list`.
 * Commands are idempotent in effect: pausing a paused sandbox, or killing one that is gone, resolves.
 */
export interface SandboxEngine {
  readonly kind: EngineKind
  /** What this engine cannot do. */
  readonly cannot: readonly Capability[]
  /** Ask whether it is there. */
  info(): Promise<EngineInfo>
  /** All sandboxes of this server (see `node` in the options of the engine), whatever their status. */
  list(): Promise<Sandbox[]>
  /**
   * Changes from now on. Resolves when the stream is open, so that a list taken afterwards misses nothing; the iterable
   * throws EngineAway when the stream breaks, and ends when the signal aborts.
   */
  events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>>
  /** Makes the sandbox, its volume and its files; does not start it. A missing image is fetched when it can be. Returns its ref. */
  create(spec: SandboxSpec, progress: Progress): Promise<string>
  start(ref: string): Promise<void>
  pause(ref: string): Promise<void>
  resume(ref: string): Promise<void>
  /** Stops and starts it in place: same ref, same port if the engine can. A paused one is resumed first. Events may tell `exited` on the way. */
  restart(ref: string): Promise<void>
  /** Ends it, paused or not, and keeps it (status `exited`) so that its logs can be read. */
  kill(ref: string): Promise<void>
  /** Takes the sandbox away, ending it first if it must. Its volume stays. */
  remove(ref: string): Promise<void>
  /**
   * Puts files into a sandbox that runs. One that is there with other content is kept beside it, as `<path>.bak`, or with
   * the time in its name where that is taken. Returns the paths of those that it did not have. Refuses where a folder, a
   * link out of the sandbox, or anything else that is no file is in the way.
   */
  update(ref: string, files: SandboxFile[]): Promise<string[]>
  /** The last lines it printed, oldest first; '' when there are none or it is gone. */
  logs(ref: string, lines: number): Promise<string>
  /** One measurement, or null when it does not run. */
  stats(ref: string): Promise<SandboxStats | null>
  /** Makes the volume unless it is there. `owner` names it for people, where the engine shows such names. */
  ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void>
  /** Deletes the volume and every file in it. Refuses while a sandbox uses it, an exited one too; resolves when there is none. */
  removeVolume(volume: string): Promise<void>
  /** Lets go of sockets and timers. Sandboxes keep running, unless the engine cannot do `survival`: then it ends them. */
  close(): Promise<void>
}
