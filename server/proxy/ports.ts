import type { Log } from '../core/log.ts'
import type { Tls } from '../http/tls.ts'
import type { ProxyFolder } from './folder.ts'
import type { Listening } from './listening.ts'
import { ProxyServer } from './proxy-server.ts'
import type { AccessRequest, Decision, Report } from './protocol.ts'
import { logReport } from './report.ts'

/** What serving the public ports needs. */
export interface PublicPortsDeps {
  log: Log
  folder: ProxyFolder
  listening: Listening
  trustedProxies: readonly string[]
  /** The certificate to serve; null serves plain HTTP. */
  tls: Tls | null
  /** Decides who may open what. */
  authorize: (request: AccessRequest) => Promise<Decision>
}

/** The public ports, which the proxy owns: all that people send comes through it. */
export interface PublicPorts {
  /**
   * Begins to serve; the internal socket must be listening.
   * @returns the ports, in the order of the wish, and the one of paths last
   * @throws Error for people when a port cannot be used
   */
  start(): Promise<number[]>
  /** Outdates decisions. @param access whether it may have changed who may open what: then open connections are checked */
  invalidate(access: boolean): void
  /** Frees the ports, and gives open requests two seconds. @param keep leaves a proxy of its own running, for the next THON */
  close(keep: boolean): Promise<void>
}

/** The proxy without a process of its own, on the same road: for tests. */
export class PortsInProcess implements PublicPorts {
  readonly #deps: PublicPortsDeps
  readonly #server: ProxyServer

  constructor(deps: PublicPortsDeps) {
    this.#deps = deps
    const report = (message: Report) => logReport(deps.log, message)
    this.#server = new ProxyServer({ thonSocket: deps.folder.internal, authorize: deps.authorize, report })
    deps.tls?.onRenewal(() => this.#configure())
  }

  start(): Promise<number[]> {
    this.#configure()
    return this.#server.listen(this.#deps.listening)
  }

  invalidate(access: boolean): void {
    this.#server.invalidate(access)
  }

  close(): Promise<void> {
    return this.#server.drain({ socketsMs: 0, requestsMs: 2_000 })
  }

  #configure(): void {
    const { trustedProxies, tls } = this.#deps
    this.#server.configure({ trustedProxies, tls: tls?.options ?? null })
  }
}
