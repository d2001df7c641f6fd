import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { generate, type SelfsignedOptions } from 'selfsigned'

/** A local certificate authority and the one certificate that it vouches for, in a folder. */
export interface CertFiles {
  /** What participants' laptops are to trust. */
  ca: string
  caKey: string
  cert: string
  key: string
}

/** What is in the folder now. */
export interface Issued {
  files: CertFiles
  /** Whether the authority was made just now: nobody trusts it yet. */
  newCa: boolean
  /** Whether the certificate was made just now; one that is good for all names asked for stays. */
  newCert: boolean
  names: string[]
  until: Date
  /** SHA-256, by which people can compare what they are about to trust. */
  caFingerprint: string
}

/** Which certificate is wanted. */
export interface Wanted {
  dir: string
  /** Host names, wildcards and IP addresses. */
  names: readonly string[]
  days: number
  /** Makes a new certificate although the one there is good. */
  force: boolean
}

const DAY_MS = 24 * 3600 * 1000
const CA_DAYS = 3650
/** A certificate that is about to run out is made anew. */
const SOON_MS = 30 * DAY_MS
/** Clocks of laptops differ. */
const EARLIER_MS = 3600 * 1000

/** P-256 is what all browsers know, and quick on phones. */
const KEYS = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const satisfies SelfsignedOptions

/**
 * Makes what is missing in a folder: an authority, once and for good, and a certificate for names.
 * @throws with a sentence for people when a file there is not what it should be
 */
export async function issue({ dir, names, days, force }: Wanted): Promise<Issued> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const files = {
    ca: join(dir, 'ca.crt'),
    caKey: join(dir, 'ca.key'),
    cert: join(dir, 'thon.crt'),
    key: join(dir, 'thon.key'),
  }
  const kept = keptAuthority(files)
  const ca = kept ?? (await newAuthority(files))
  const authority = new X509Certificate(ca.cert)
  const present = force ? null : presentCert(files, authority)
  const stays = present !== null && covers(present, names) && present.validToDate.getTime() > Date.now() + SOON_MS
  const cert = stays ? present : await newCert(files, ca, authority, names, days)
  return {
    files,
    newCa: kept === null,
    newCert: !stays,
    names: namesOf(cert),
    until: cert.validToDate,
    caFingerprint: authority.fingerprint256,
  }
}

interface Pair {
  cert: string
  key: string
}

function keptAuthority({ ca, caKey }: CertFiles): Pair | null {
  if (!existsSync(ca) && !existsSync(caKey)) return null
  for (const path of [ca, caKey])
    if (!existsSync(path))
      throw new Error(
        `${path} is missing. Put it back, or delete ${ca} and ${caKey}: then a new authority is made, which everybody has to trust anew.`,
      )
  const cert = parsed(ca)
  // What nobody believes any more is worth nothing.
  if (cert.validToDate.getTime() < Date.now() + DAY_MS) return null
  return { cert: readFileSync(ca, 'utf8'), key: readFileSync(caKey, 'utf8') }
}

async function newAuthority(files: CertFiles): Promise<Pair> {
  const made = await generate(
    [
      { name: 'commonName', value: `THON local CA ${plain(hostname())} ${new Date().toISOString().slice(0, 10)}` },
      { name: 'organizationName', value: 'THON' },
    ],
    {
      ...KEYS,
      ...lasting(CA_DAYS),
      extensions: [
        { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    },
  )
  write(files.caKey, made.private, 0o600)
  write(files.ca, made.cert, 0o644)
  return { cert: made.cert, key: made.private }
}

async function newCert(
  files: CertFiles,
  ca: Pair,
  authority: X509Certificate,
  names: readonly string[],
  days: number,
): Promise<X509Certificate> {
  const { notBeforeDate, notAfterDate } = lasting(days)
  const made = await generate([{ name: 'commonName', value: names[0]?.slice(0, 64) ?? 'THON' }], {
    ...KEYS,
    notBeforeDate,
    // It is worth nothing without its authority.
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
  // The key first: a THON that runs takes the two once they fit.
  write(files.key, made.private, 0o600)
  write(files.cert, made.cert, 0o644)
  return new X509Certificate(made.cert)
}

/** @returns null when there is none. @throws when it is somebody else's, which is not ours to replace */
function presentCert({ cert, key }: CertFiles, authority: X509Certificate): X509Certificate | null {
  if (!existsSync(cert) || !existsSync(key)) return null
  const present = parsed(cert)
  if (present.checkIssued(authority) && present.verify(authority.publicKey)) return present
  if (present.issuer.includes('CN=THON local CA')) return null
  throw new Error(
    `${cert} was not made by thon cert, so it is not replaced. Choose another folder with --dir, or say --force.`,
  )
}

/** Whether a certificate names all of these. */
function covers(cert: X509Certificate, names: readonly string[]): boolean {
  const present = new Set(namesOf(cert))
  return names.every((name) => present.has(name))
}

/** As people write them: OpenSSL writes IPv6 addresses at full length. */
function namesOf(cert: X509Certificate): string[] {
  return (cert.subjectAltName ?? '').split(', ').map((name) => {
    const text = name.replace(/^(DNS|IP Address):/, '')
    return isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
  })
}

function parsed(path: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(path))
  } catch (error) {
    throw new Error(`${path} is no certificate in PEM form. Move it away, or choose another folder with --dir.`, {
      cause: error,
    })
  }
}

function lasting(days: number): { notBeforeDate: Date; notAfterDate: Date } {
  const now = Date.now()
  return { notBeforeDate: new Date(now - EARLIER_MS), notAfterDate: new Date(now + days * DAY_MS) }
}

/** By rename: whoever reads finds the old or the new one, and a key is never readable for others, not for a moment. */
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode })
  chmodSync(`${path}.new`, mode)
  renameSync(`${path}.new`, path)
}

/** What a name in a certificate may be made of without quoting. */
function plain(text: string): string {
  return text.replace(/[^\w.-]/g, '').slice(0, 30)
}
