import type { Limits } from '../config/env.ts'

/**
 * The port to whatever runs sandboxes, in THON's words. `docker/` and `process/` implement it. One contract test
 * (tests/kit/engine-contract.ts) holds both, and the fake engine of the test kit, to what is written here.
 */

/** Which engine this is: a Docker daemon, or child processes of this server. */
export type EngineKind = 'docker' | 'process'

/** What an engine may be unable to do. The dashboard shows a notice about it. */
export type Capability = 'isolation' | 'limits' | 'images' | 'survival'

/** What an engine reports about itself. */
export interface EngineInfo {
  /** Version of its software, for people. */
  version: string
  /** Whether the configured image is on this machine; null when the engine uses none. */
  imagePresent: boolean | null
}

/** Everything an engine needs to create one sandbox. */
export interface SandboxSpec {
  instanceId: string
  group: string
  username: string
  image: string
  /** Volume mounted at /workspace; created when missing. */
  volume: string
  /** Port code-server listens on inside the sandbox, 1 to 65535. */
  port: number
  /** Password code-server asks for; null for none. Passed in the environment only, never as an argument. */
  password: string | null
  /** Files written before the first start. */
  files: SandboxFile[]
  limits: Limits
}

/** A file for a sandbox, owned by the sandbox's user. */
export interface SandboxFile {
  /** Absolute path inside the sandbox. */
  path: string
  content: string
}

export type SandboxStatus = 'created' | 'running' | 'paused' | 'exited'

/** One sandbox as its engine sees it now. */
export interface Sandbox {
  /** The engine's own id for it. */
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
  /** Set after it exited, when the engine knows it. */
  exitCode: number | null
  /** Whether it was killed for using too much memory. */
  outOfMemory: boolean
  /** When it was last started; null if never. */
  startedAt: Date | null
}

/** A change of one sandbox. `sandbox` is null when the engine no longer has it. */
export interface SandboxEvent {
  instanceId: string
  ref: string
  sandbox: Sandbox | null
}

/** CPU and memory usage of one running sandbox at one moment. */
export interface SandboxStats {
  /** Percent of one core: 150 is one and a half cores. */
  cpuPercent: number
  memoryBytes: number
  memoryLimitBytes: number | null
}

/** Receives the progress of a slow step as text, for instance "Pulling image 45 %". */
export type Progress = (text: string) => void

/** The engine cannot be reached at all. `message` says why and what to do, for organizers. */
export class EngineUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineUnavailable'
  }
}

/** The engine answered and refused a request. `message` says why and what to do, for organizers. */
export class EngineRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EngineRefused'
  }
}

/**
 * Every method throws EngineUnavailable when the engine cannot be reached and EngineRefused when it refuses.
 * Commands resolve once the engine has done them. That is not yet an observation: facts come through `events` and `list`.
 * Commands are idempotent: pausing a paused sandbox, or killing one that no longer exists, resolves.
 */
export interface SandboxEngine {
  readonly kind: EngineKind
  /** What this engine cannot do. */
  readonly cannot: readonly Capability[]
  /** Also tells whether the engine answers. */
  info(): Promise<EngineInfo>
  /** All sandboxes of this server (see `node` in the options of the engines), whatever their status. */
  list(): Promise<Sandbox[]>
  /**
   * Changes from now on. Resolves when the stream is open, so that a list taken afterwards misses nothing. The iterable
   * throws EngineUnavailable when the stream breaks, and ends when the signal aborts.
   */
  events(signal: AbortSignal): Promise<AsyncIterable<SandboxEvent>>
  /**
   * Creates the sandbox, its volume and its files, and does not start it. Pulls a missing image. Refuses while another
   * sandbox runs on the volume, no matter who created that. @returns its ref
   */
  create(spec: SandboxSpec, progress: Progress): Promise<string>
  start(ref: string): Promise<void>
  pause(ref: string): Promise<void>
  resume(ref: string): Promise<void>
  /**
   * Stops and starts it: same ref, and the same port if the engine can. A paused sandbox is resumed first. Events may
   * report `exited` in between.
   */
  restart(ref: string): Promise<void>
  /** Stops it, paused or not, and keeps it (status `exited`) so that its logs can be read. */
  kill(ref: string): Promise<void>
  /** Deletes the sandbox, stopping it first if needed. Its volume stays. */
  remove(ref: string): Promise<void>
  /**
   * Writes files into a running sandbox. A file with other content is backed up next to it, as `<path>.bak`, or with the
   * time in its name when that exists. Refuses to replace folders, links out of the sandbox, and anything else that is
   * not a file. @returns the paths of the files that were missing or had other content
   */
  update(ref: string, files: SandboxFile[]): Promise<string[]>
  /** The last lines it printed, oldest first; '' when it printed nothing or no longer exists. */
  logs(ref: string, lines: number): Promise<string>
  /** One measurement, or null when it does not run. */
  stats(ref: string): Promise<SandboxStats | null>
  /**
   * The volume that this server uses where it would use `volume`: that one, or one with this server's id in its name when
   * `volume` belongs to another server. A volume that says nothing about its server belongs to the server that uses it first.
   */
  ownVolume(volume: string): Promise<string>
  /** Creates the volume unless it exists. Engines that show names to people name it after `owner`. */
  ensureVolume(volume: string, owner: { group: string; username: string }): Promise<void>
  /** Deletes the volume and its files, if it exists and belongs to this server. Refuses while a sandbox uses it, even an exited one. */
  removeVolume(volume: string): Promise<void>
  /** Closes sockets and timers. Sandboxes keep running, unless the engine cannot do `survival`: then it stops them. */
  close(): Promise<void>
}
