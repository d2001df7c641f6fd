import type { Client } from '../http/client.ts'
import type { TlsOptions } from '../http/tls.ts'

/** What is needed to know whether somebody may open a sandbox: of the request nothing else counts. */
export interface Asked {
  host: string
  cookie: string | undefined
  scheme: Client['scheme']
}

/** What is so at present. */
export interface Decision {
  /** Whether they may open it. */
  allowed: boolean
  /** Where its sandbox answers; null while it does not, and for whoever may not open it. */
  target: { host: string; port: number } | null
}

/** What the worker is told. */
export type ToWorker =
  | { kind: 'begin'; backDoor: string; trustedProxies: readonly string[]; tls: TlsOptions | null }
  /** Comes with a connection, whose first bytes have been read. */
  | { kind: 'connection'; first: string }
  | { kind: 'admission'; id: number; admission: Decision }
  /** What it knows may have changed; `rights` when that may be who may open what, so that WebSockets are looked at. */
  | { kind: 'forget'; rights: boolean }

/** What the worker says. */
export type FromWorker = { kind: 'ready' } | { kind: 'asked'; id: number; asked: Asked }

/** A header by which the worker tells who sent a request that it passes on to THON; from nobody else is it believed. */
export const CLIENT_HEADER = 'x-thon-client'
