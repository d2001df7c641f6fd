import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, watch, type FSWatcher } from 'node:fs'
import type { Server } from 'node:https'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../core/log.ts'

/** Certificate and key for HTTPS, as paths of PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** What an HTTPS server is made with. */
export interface TlsOptions {
  cert: string
  key: string
  minVersion: 'TLSv1.2'
}

/** What reloading needs of its surroundings. */
export interface TlsDeps {
  log: Log
  /** Called when the notices change. */
  onChange: () => void
  /** How often the files are read again, whatever the watch on their folders says, in milliseconds. */
  everyMs?: number
}

/** A folder is told of each of many steps of one change. */
const CALM_MS = 250
const EVERY_MS = 30_000
/** How long before the end the organizer is told. */
const SOON_MS = 14 * 24 * 3600 * 1000

/**
 * The certificate of this server. It is renewed in place while people work: by rename (certbot), or by a symlink to
 * another folder (Kubernetes). So the folders are watched, and the files are read again now and then.
 */
export class Tls {
  readonly #files: TlsFiles
  readonly #surroundings: TlsDeps
  readonly #servers: Pick<Server, 'setSecureContext'>[] = []
  readonly #watchers: FSWatcher[] = []
  readonly #timer: NodeJS.Timeout
  #calm: NodeJS.Timeout | undefined
  #served: TlsOptions
  /** Why what is in the files now is not served; null while it is. */
  #fault: string | null = null
  #notices: readonly string[] = []

  /** Reads the files. @throws with a sentence for people when they are no certificate with its key */
  constructor(files: TlsFiles, surroundings: TlsDeps) {
    this.#files = files
    this.#surroundings = surroundings
    try {
      this.#served = read(files)
    } catch (error) {
      throw new Error(
        `THON_TLS_CERT ${files.cert} and THON_TLS_KEY ${files.key} are no certificate with its key: ${messageOf(error)}.`,
        { cause: error },
      )
    }
    this.#notices = this.#describe()
    this.#timer = setInterval(() => this.#look(), surroundings.everyMs ?? EVERY_MS).unref()
    for (const folder of new Set([dirname(files.cert), dirname(files.key)])) this.#watch(folder)
  }

  /** What to make a server with now. */
  get options(): TlsOptions {
    return this.#served
  }

  /** What to tell the organizer, in sentences. */
  get notices(): readonly string[] {
    return this.#notices
  }

  /** Gives a server each later certificate; connections that are open stay open. */
  keepFresh(server: Pick<Server, 'setSecureContext'>): void {
    this.#servers.push(server)
  }

  /** Stops watching. */
  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#calm)
    for (const watcher of this.#watchers) watcher.close()
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(this.#calm)
        this.#calm = setTimeout(() => this.#look(), CALM_MS).unref()
      })
      // A folder that goes away, or one more watch than the system allows: reading now and then is enough.
      watcher.on('error', () => watcher.close())
      this.#watchers.push(watcher)
    } catch (error) {
      this.#surroundings.log.warn(
        { folder, error: messageOf(error) },
        'the folder of the certificate cannot be watched',
      )
    }
  }

  #look(): void {
    const fault = this.#reload()
    if (fault !== null && fault !== this.#fault)
      this.#surroundings.log.error({ ...this.#files, fault }, 'the new certificate cannot be served; the old one stays')
    this.#fault = fault
    const notices = this.#describe()
    if (notices.join('\n') === this.#notices.join('\n')) return
    this.#notices = notices
    this.#surroundings.onChange()
  }

  /** @returns why the files cannot be served; null once they are */
  #reload(): string | null {
    try {
      const found = read(this.#files)
      if (found.cert === this.#served.cert && found.key === this.#served.key) return null
      for (const server of this.#servers) server.setSecureContext(found)
      this.#served = found
      this.#surroundings.log.info({ ...this.#files }, 'the new certificate is served')
      return null
    } catch (error) {
      return messageOf(error)
    }
  }

  #describe(): string[] {
    const { cert, key } = this.#files
    const end = new X509Certificate(this.#served.cert).validToDate
    const day = end.toISOString().slice(0, 10)
    const broken = `The new certificate in ${cert} with the key in ${key} cannot be served (${this.#fault}), so the old one, good until ${day}, still is. Put a certificate and its key there; they are taken at once.`
    const over = `The certificate in ${cert} ran out on ${day}: browsers refuse to open THON and the sandboxes. Put a new one there; it is taken at once.`
    const soon = `The certificate in ${cert} runs out on ${day}. Put a new one there; it is taken at once.`
    const left = end.getTime() - Date.now()
    return [...(this.#fault === null ? [] : [broken]), ...(left <= 0 ? [over] : left < SOON_MS ? [soon] : [])]
  }
}

/** @throws saying why, when the files cannot be read or are not a certificate with its own key */
function read({ cert, key }: TlsFiles): TlsOptions {
  const options: TlsOptions = {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    minVersion: 'TLSv1.2',
  }
  const leaf = orSay(() => new X509Certificate(options.cert), `${cert} is no certificate in PEM form`)
  const own = orSay(() => createPrivateKey(options.key), `${key} is no private key in PEM form, or has a passphrase`)
  if (!leaf.checkPrivateKey(own)) throw new Error('the key belongs to another certificate')
  // The rest of the chain, and what OpenSSL finds too weak.
  createSecureContext(options)
  return options
}

function orSay<T>(parse: () => T, fault: string): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(fault, { cause: error })
  }
}
