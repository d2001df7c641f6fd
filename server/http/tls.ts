import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { describeError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'

/** Certificate and key for HTTPS, as paths of PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** Options of an HTTPS server, as Node takes them. */
export interface TlsOptions {
  cert: string
  key: string
  minVersion: 'TLSv1.2'
}

/** What serving a certificate needs. */
export interface TlsDeps {
  log: Log
  /** Called when the notices change. */
  onChange: () => void
  /** How often the files are read again, apart from the watch on their folders, in milliseconds. */
  everyMs?: number
}

/** One renewal is several events in the folder; the files are read once it is quiet for this long. */
const DEBOUNCE_MS = 250
const RELOAD_INTERVAL_MS = 30_000
/** How long before the certificate expires organizers see a notice. */
const EXPIRY_NOTICE_MS = 14 * 24 * 3600 * 1000

/**
 * The certificate of this server. Tools renew it while people work: by rename (certbot), or by a symlink to another folder
 * (Kubernetes). So THON watches the folders and also reads the files again at intervals.
 */
export class Tls {
  readonly #files: TlsFiles
  readonly #deps: TlsDeps
  readonly #onRenewal: ((options: TlsOptions) => void)[] = []
  readonly #watchers: FSWatcher[] = []
  readonly #timer: NodeJS.Timeout
  #debounce: NodeJS.Timeout | undefined
  #served: TlsOptions
  /** Why the files' present content cannot be served; null while it can. */
  #error: string | null = null
  #notices: readonly string[] = []

  /** Reads the files. @throws Error for people if they are not a certificate with its key */
  constructor(files: TlsFiles, deps: TlsDeps) {
    this.#files = files
    this.#deps = deps
    try {
      this.#served = read(files)
    } catch (error) {
      throw new Error(
        `THON_TLS_CERT ${files.cert} and THON_TLS_KEY ${files.key} do not hold a certificate with its key: ${describeError(error)}.`,
        { cause: error },
      )
    }
    this.#notices = this.#describe()
    this.#timer = setInterval(() => this.#check(), deps.everyMs ?? RELOAD_INTERVAL_MS).unref()
    for (const folder of new Set([dirname(files.cert), dirname(files.key)])) this.#watch(folder)
  }

  /** Options of a server with the certificate of now. */
  get options(): TlsOptions {
    return this.#served
  }

  /** What organizers should know, in sentences. */
  get notices(): readonly string[] {
    return this.#notices
  }

  /** Calls back with each later certificate. */
  onRenewal(renewed: (options: TlsOptions) => void): void {
    this.#onRenewal.push(renewed)
  }

  /** Stops watching. */
  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#debounce)
    for (const watcher of this.#watchers) watcher.close()
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(this.#debounce)
        this.#debounce = setTimeout(() => this.#check(), DEBOUNCE_MS).unref()
      })
      // The folder was deleted, or the system allows no more watches: reading at intervals is enough.
      watcher.on('error', () => watcher.close())
      this.#watchers.push(watcher)
    } catch (error) {
      this.#deps.log.warn({ folder, error: describeError(error) }, 'the folder of the certificate cannot be watched')
    }
  }

  #check(): void {
    const error = this.#reload()
    if (error !== null && error !== this.#error)
      this.#deps.log.error({ ...this.#files, error }, 'the new certificate cannot be used; the old one is still served')
    this.#error = error
    const notices = this.#describe()
    if (notices.join('\n') === this.#notices.join('\n')) return
    this.#notices = notices
    this.#deps.onChange()
  }

  /** @returns why the files cannot be served; null if they are served now */
  #reload(): string | null {
    try {
      const found = read(this.#files)
      if (found.cert === this.#served.cert && found.key === this.#served.key) return null
      this.#served = found
      for (const renewed of this.#onRenewal) renewed(found)
      this.#deps.log.info({ ...this.#files }, 'the new certificate is served')
      return null
    } catch (error) {
      return describeError(error)
    }
  }

  #describe(): string[] {
    const { cert, key } = this.#files
    const end = new X509Certificate(this.#served.cert).validToDate
    const day = end.toISOString().slice(0, 10)
    const broken = `The new certificate in ${cert} with the key in ${key} cannot be used (${this.#error}). THON still serves the old one, which is valid until ${day}. Put a certificate and its key there; THON picks them up by itself.`
    const over = `The certificate in ${cert} expired on ${day}. Browsers refuse to open THON and the sandboxes. Put a new one there; THON picks it up by itself.`
    const soon = `The certificate in ${cert} expires on ${day}. Put a new one there; THON picks it up by itself.`
    const left = end.getTime() - Date.now()
    return [...(this.#error === null ? [] : [broken]), ...(left <= 0 ? [over] : left < EXPIRY_NOTICE_MS ? [soon] : [])]
  }
}

/** @throws Error with the reason if the files cannot be read, or are not a certificate with its key */
function read({ cert, key }: TlsFiles): TlsOptions {
  const options: TlsOptions = {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    minVersion: 'TLSv1.2',
  }
  const leaf = orThrow(() => new X509Certificate(options.cert), `${cert} is not a certificate in PEM format`)
  const own = orThrow(
    () => createPrivateKey(options.key),
    `${key} is not a private key in PEM format, or has a passphrase`,
  )
  if (!leaf.checkPrivateKey(own)) throw new Error('the key belongs to another certificate')
  // Checks the rest of the chain, and what OpenSSL finds too weak.
  createSecureContext(options)
  return options
}

function orThrow<T>(parse: () => T, message: string): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(message, { cause: error })
  }
}
