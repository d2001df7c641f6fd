import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { generate, type SelfsignedOptions } from 'selfsigned'

/** A local certificate authority and the one certificate it has signed, in a folder. */
export interface CertFiles {
  /** The certificate that participants' laptops trust. */
  ca: string
  caKey: string
  cert: string
  key: string
}

/** What is in the folder now. Scripts read it from `thon cert --json`. */
export interface IssuedCertificate {
  files: CertFiles
  /** Whether the authority was created just now, so that no one trusts it yet. */
  newCa: boolean
  /** Whether the certificate was created just now; one that is still valid for all requested names stays. */
  newCert: boolean
  names: string[]
  until: Date
  /** SHA-256, which people can compare before they trust it. */
  caFingerprint: string
}

/** The certificate to issue. */
export interface CertificateRequest {
  dir: string
  /** Host names, wildcards and IP addresses. */
  names: readonly string[]
  days: number
  /** Create a new certificate even if the current one is valid. */
  force: boolean
}

const DAY_MS = 24 * 3600 * 1000
const CA_DAYS = 3650
/** A certificate that expires within this time is replaced. */
const RENEW_BEFORE_MS = 30 * DAY_MS
/** Certificates are valid from an hour ago, because clocks of laptops differ. */
const BACKDATE_MS = 3600 * 1000

/** All browsers support P-256, and it is fast on phones. */
const KEYS = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const satisfies SelfsignedOptions

/**
 * Creates what is missing in a folder: an authority, only once, and a certificate for the names.
 * @throws Error with a sentence for people when a file in the folder is not what it should be
 */
export async function issue({ dir, names, days, force }: CertificateRequest): Promise<IssuedCertificate> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const files = {
    ca: join(dir, 'ca.crt'),
    caKey: join(dir, 'ca.key'),
    cert: join(dir, 'thon.crt'),
    key: join(dir, 'thon.key'),
  }
  const existing = readAuthority(files)
  const ca = existing ?? (await createAuthority(files))
  const authority = new X509Certificate(ca.cert)
  const current = force ? null : readCertificate(files, authority)
  const stays =
    current !== null && covers(current, names) && current.validToDate.getTime() > Date.now() + RENEW_BEFORE_MS
  const cert = stays ? current : await createCertificate(files, ca, authority, names, days)
  return {
    files,
    newCa: existing === null,
    newCert: !stays,
    names: namesOf(cert),
    until: cert.validToDate,
    caFingerprint: authority.fingerprint256,
  }
}

interface KeyPair {
  cert: string
  key: string
}

function readAuthority({ ca, caKey }: CertFiles): KeyPair | null {
  if (!existsSync(ca) && !existsSync(caKey)) return null
  for (const path of [ca, caKey])
    if (!existsSync(path))
      throw new Error(
        `${path} is missing. Put it back, or delete ${ca} and ${caKey} to get a new authority, which everyone then has to trust again.`,
      )
  const cert = parseCertificate(ca)
  // An expired authority is replaced.
  if (cert.validToDate.getTime() < Date.now() + DAY_MS) return null
  return { cert: readFileSync(ca, 'utf8'), key: readFileSync(caKey, 'utf8') }
}

async function createAuthority(files: CertFiles): Promise<KeyPair> {
  const created = await generate(
    [
      { name: 'commonName', value: `THON local CA ${plainText(hostname())} ${new Date().toISOString().slice(0, 10)}` },
      { name: 'organizationName', value: 'THON' },
    ],
    {
      ...KEYS,
      ...validity(CA_DAYS),
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    },
  )
  write(files.caKey, created.private, 0o600)
  write(files.ca, created.cert, 0o644)
  return { cert: created.cert, key: created.private }
}

async function createCertificate(
  files: CertFiles,
  ca: KeyPair,
  authority: X509Certificate,
  names: readonly string[],
  days: number,
): Promise<X509Certificate> {
  const { notBeforeDate, notAfterDate } = validity(days)
  const created = await generate([{ name: 'commonName', value: names[0]?.slice(0, 64) ?? 'THON' }], {
    ...KEYS,
    notBeforeDate,
    // It cannot outlive its authority.
    notAfterDate: new Date(Math.min(notAfterDate.getTime(), authority.validToDate.getTime())),
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
  // The key first: a running THON loads the two as soon as they match.
  write(files.key, created.private, 0o600)
  write(files.cert, created.cert, 0o644)
  return new X509Certificate(created.cert)
}

/** @returns null when there is nothing to keep. @throws Error when it was issued by someone else, so that it must not be replaced */
function readCertificate({ cert, key }: CertFiles, authority: X509Certificate): X509Certificate | null {
  if (!existsSync(cert) || !existsSync(key)) return null
  const current = parseCertificate(cert)
  if (current.checkIssued(authority) && current.verify(authority.publicKey)) return current
  if (current.issuer.includes('CN=THON local CA')) return null
  throw new Error(
    `${cert} was not created by thon cert, so it is not replaced. Choose another folder with --dir, or add --force.`,
  )
}

function covers(cert: X509Certificate, names: readonly string[]): boolean {
  const covered = new Set(namesOf(cert))
  return names.every((name) => covered.has(name))
}

/** IPv6 addresses in their short form: OpenSSL writes them in full. */
function namesOf(cert: X509Certificate): string[] {
  return (cert.subjectAltName ?? '').split(', ').map((name) => {
    const text = name.replace(/^(DNS|IP Address):/, '')
    return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
  })
}

function parseCertificate(path: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(path))
  } catch (error) {
    throw new Error(`${path} is not a certificate in PEM format. Move it, or choose another folder with --dir.`, {
      cause: error,
    })
  }
}

function validity(days: number): { notBeforeDate: Date; notAfterDate: Date } {
  const now = Date.now()
  return { notBeforeDate: new Date(now - BACKDATE_MS), notAfterDate: new Date(now + days * DAY_MS) }
}

/** By rename: a reader gets the old or the new file, and a key is never readable for others, not even briefly. */
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode })
  chmodSync(`${path}.new`, mode)
  renameSync(`${path}.new`, path)
}

/** Leaves the characters that a name in a certificate may have without quoting. */
function plainText(text: string): string {
  return text.replace(/[^\w.-]/g, '').slice(0, 30)
}
