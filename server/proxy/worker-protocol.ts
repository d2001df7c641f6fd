import type { ProcessFailure } from '../core/process-failures.ts'
import type { Client } from '../http/client.ts'
import type { TlsOptions } from '../http/tls.ts'

/** Everything that decides whether somebody may open a sandbox. */
export interface AccessRequest {
  host: string
  cookie: string | undefined
  scheme: Client['scheme']
}

/** What is decided right now; it may change at any time. */
export interface Decision {
  /** Whether they may open it. */
  allowed: boolean
  /** Where the sandbox answers; null while it does not, and for people who may not open it. */
  target: { name: string; host: string; port: number } | null
}

/** Messages from THON to the worker. */
export type ToWorker =
  | { kind: 'configure'; internalSocket: string; trustedProxies: readonly string[]; tls: TlsOptions | null }
  /** Comes with a connection, whose first bytes have been read; they are in Base64 here. */
  | { kind: 'connection'; firstBytes: string }
  | { kind: 'decision'; id: number; decision: Decision }
  /** Earlier decisions are outdated. `access`: it may have changed who may open what, so open WebSockets are checked. */
  | { kind: 'invalidate'; access: boolean }

/** Messages from the worker to THON. */
export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'authorize'; id: number; request: AccessRequest }
  /** A request failed in a way that nobody foresaw. */
  | { kind: 'requestFailed'; where: string; message: string; stack: string | undefined }
  /** A sandbox's answer cannot be passed on. */
  | { kind: 'badAnswer'; sandbox: string; fault: string }
  /** An error reached no handler. */
  | { kind: 'processFailed'; failure: ProcessFailure }

/** A header by which the worker tells THON who sent a request. THON believes it on the internal socket only. */
export const CLIENT_HEADER = 'x-thon-client'
