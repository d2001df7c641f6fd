import type { ProcessFailure } from '../core/process-failures.ts'
import type { Client } from '../http/client.ts'
import type { TlsOptions } from '../http/tls.ts'
import type { Listening } from './listening.ts'

/** Everything that decides whether somebody may open a sandbox. */
export interface AccessRequest {
  host: string
  /** The sandbox cookies of the request, and no others. */
  cookie: string
  scheme: Client['scheme']
  /** Path of the sandbox, such as `/32768`; '' where the sandbox has its own host name. */
  path: string
}

/** What is decided right now; it may change at any time. */
export interface Decision {
  /** Whether they may open it. */
  allowed: boolean
  /** Where the sandbox answers; null while it does not, and for people who may not open it. */
  target: { name: string; host: string; port: number } | null
}

/** How long a proxy that ends gives what it has open, in milliseconds. */
export interface Grace {
  /** Then WebSockets get their close frame. */
  socketsMs: number
  /** Then requests under way are cut off. */
  requestsMs: number
}

/** Messages from THON to the proxy. */
export type ToProxy =
  /** Comes first on every connection, and with every later certificate. */
  | { kind: 'configure'; trustedProxies: readonly string[]; tls: TlsOptions | null }
  /** Once in the life of a proxy. `ports`: those that a proxy before had, where the wish was any free one. */
  | { kind: 'listen'; listening: Listening; ports: readonly number[] | null }
  | { kind: 'decision'; id: number; decision: Decision }
  /** Earlier decisions are outdated. `access`: it may have changed who may open what, so open connections are checked. */
  | { kind: 'invalidate'; access: boolean }
  | { kind: 'drain'; grace: Grace }

/** Messages from the proxy to THON. */
export type FromProxy =
  /** Comes first on every connection. `version` names the code it runs; `listening` is null before `listen`. */
  | { kind: 'hello'; pid: number; version: string; listening: Listening | null; ports: number[] }
  /** The ports it listens on, in the order of the wish. `warning`: what organizers should know about it. */
  | { kind: 'listening'; ports: number[]; warning: string | null }
  /** It cannot listen, for a reason that people may read. */
  | { kind: 'failed'; error: string }
  | { kind: 'authorize'; id: number; request: AccessRequest }
  /** It listens no longer, and ends when what it has open is done. */
  | { kind: 'draining' }
  | Report

/** What the proxy reports for THON's log. */
export type Report =
  /** A request failed in a way that nobody foresaw. */
  | { kind: 'requestFailed'; where: string; message: string; stack: string | undefined }
  /** A sandbox's answer cannot be passed on. */
  | { kind: 'badAnswer'; sandbox: string; fault: string }
  /** An error reached no handler. */
  | { kind: 'processFailed'; failure: ProcessFailure }

/**
 * A header by which the proxy tells THON who sent a request, and whether it came to the port of paths. THON believes it because
 * nobody else can send to the internal socket; the proxy replaces one that a client sends.
 */
export const CLIENT_HEADER = 'x-thon-client'

/** The value of that header, as JSON. */
export interface PassedOn {
  client: Client
  /** Whether it came to the port where paths tell sandboxes apart. */
  byPath: boolean
}
