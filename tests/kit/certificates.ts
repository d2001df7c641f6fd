import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { onTestFinished } from 'vitest'

/** A self-signed certificate for 127.0.0.1 and localhost with its key, as PEM. */
export interface KeyPair {
  cert: string
  key: string
}

/** @param days until it expires; negative if it has expired */
export async function createKeyPair(days = 90): Promise<KeyPair> {
  const generated = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 30 * 86_400_000),
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { cert: generated.cert, key: generated.private }
}

/** A pair in its own folder, which is deleted with the test. */
export class KeyPairFiles {
  readonly dir = mkdtempSync(join(tmpdir(), 'thon-tls-'))
  readonly cert = join(this.dir, 'fullchain.pem')
  readonly key = join(this.dir, 'privkey.pem')

  constructor(pair: KeyPair) {
    this.replace(pair)
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }))
  }

  /** Replaces both by rename, as certbot does. */
  replace({ cert, key }: KeyPair): void {
    for (const [path, text] of [
      [this.cert, cert],
      [this.key, key],
    ] as const) {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    }
  }

  /** Environment variables that make a server use it. */
  get variables(): Record<string, string> {
    return { THON_TLS_CERT: this.cert, THON_TLS_KEY: this.key }
  }
}

/** An answer over HTTPS. */
export interface HttpsReply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** SHA-256 of the server's certificate. */
  fingerprint: string
}

/** Sends a request over HTTPS, on a connection of its own unless an agent is given. */
export async function requestHttps(url: string, options: RequestOptions & { body?: string } = {}): Promise<HttpsReply> {
  const sent = request(url, { agent: false, ...options })
  sent.end(options.body ?? '')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  // Once everything is read, the socket may serve another request.
  const { socket } = response
  if (!(socket instanceof TLSSocket)) throw new Error('the answer did not come over TLS')
  const { fingerprint256 } = socket.getPeerCertificate()
  let text = ''
  for await (const part of response) text += String(part)
  return { status: response.statusCode ?? 0, headers: response.headers, text, fingerprint: fingerprint256 }
}
