import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { requestHttps, createKeyPair } from '../kit/certificates.ts'

const ROOT = join(import.meta.dirname, '..', '..')

interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

interface CertResult {
  files: { ca: string; caKey: string; cert: string; key: string }
  variables: Record<string, string>
  newCa: boolean
  newCert: boolean
  names: string[]
  until: string
  caFingerprint: string
}

/** Runs the command as people do. */
function thon(args: string[], environment: Record<string, string> = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, ...environment }
    execFile('node', [join(ROOT, 'bin', 'thon.mjs'), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'thon-cert-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function cert(...args: string[]): Promise<CertResult> {
  const { code, stdout, stderr } = await thon(['cert', '--json', ...args])
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as CertResult
}

describe('a new certificate', () => {
  test('has an authority, all names, and keys that only the user can read', async () => {
    const dir = folder()
    const { files, names, until, caFingerprint } = await cert(
      ...['--domain', 'Hall.Example', '--domain', 'müll.example', '--ip', '192.168.1.10', '--ip', '2001:db8:0::5'],
      ...['--dir', dir, '--days', '100'],
    )
    expect(names).toEqual([
      ...['hall.example', '*.hall.example', 'xn--mll-hoa.example', '*.xn--mll-hoa.example'],
      ...['192.168.1.10', '192-168-1-10.sslip.io', '*.192-168-1-10.sslip.io'],
      ...['2001:db8::5', '2001-db8--5.sslip.io', '*.2001-db8--5.sslip.io'],
      ...['localhost', '*.localhost', 'thon.localhost', '*.thon.localhost', '127.0.0.1', '::1'],
    ])
    expect([files.caKey, files.key].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600])
    expect(Math.round((Date.parse(until) - Date.now()) / 86_400_000)).toBe(100)
    const leaf = new X509Certificate(readFileSync(files.cert))
    const ca = new X509Certificate(readFileSync(files.ca))
    expect(ca.fingerprint256).toBe(caFingerprint)
    expect(ca.ca).toBe(true)
    expect(leaf.ca).toBe(false)
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    for (const host of ['hall.example', 'alpha--ann.hall.example', 'x.192-168-1-10.sslip.io', 'x.thon.localhost'])
      expect(leaf.checkHost(host)).toBeDefined()
    expect(leaf.checkHost('a.b.hall.example')).toBeUndefined()
    const verified = execFileSync('openssl', ['verify', '-purpose', 'sslserver', '-CAfile', files.ca, files.cert])
    expect(String(verified).trim()).toBe(`${files.cert}: OK`)
  })

  test('has names of another wildcard DNS if one is configured', async () => {
    const args = ['cert', '--json', '--ip', '10.0.0.1', '--dir', folder()]
    const { stdout } = await thon(args, { THON_WILDCARD_DNS: '{ip}.nip.io' })
    expect((JSON.parse(stdout) as CertResult).names).toContain('*.10-0-0-1.nip.io')
    const wrong = await thon(args, { THON_WILDCARD_DNS: 'nip.io' })
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      'thon: THON_WILDCARD_DNS must be a pattern such as {ip}.sslip.io.\n',
    ])
  })

  test('works in THON for clients that trust the authority', async () => {
    const { files, variables } = await cert('--dir', folder())
    const app = await startApp(variables)
    const ca = readFileSync(files.ca, 'utf8')
    expect((await requestHttps(`${app.url}/healthz`, { ca })).status).toBe(200)
    await expect(requestHttps(`${app.url}/healthz`)).rejects.toThrow(/self-signed|unable to verify|issuer/)
  })
})

describe('a second run', () => {
  test('keeps the authority, and the certificate while it covers the names', async () => {
    const dir = folder()
    const first = await cert('--domain', 'hall.example', '--dir', dir)
    expect([first.newCa, first.newCert]).toEqual([true, true])
    const again = await cert('--domain', 'hall.example', '--dir', dir)
    expect(again).toEqual({ ...first, newCa: false, newCert: false })
    const more = await cert('--domain', 'hall.example', '--ip', '10.0.0.1', '--dir', dir)
    expect(more).toMatchObject({ newCa: false, newCert: true, caFingerprint: first.caFingerprint })
    const forced = await cert('--domain', 'hall.example', '--dir', dir, '--force')
    expect(forced).toMatchObject({ newCa: false, newCert: true, caFingerprint: first.caFingerprint })
  })

  test('replaces a certificate that expires soon', async () => {
    const dir = folder()
    await cert('--dir', dir, '--days', '20')
    expect((await cert('--dir', dir)).newCert).toBe(true)
    expect((await cert('--dir', dir)).newCert).toBe(false)
  })

  test('does not replace a certificate of another origin unless forced', async () => {
    const dir = folder()
    const { files } = await cert('--dir', dir)
    const { cert: theirs, key } = await createKeyPair()
    writeFileSync(files.cert, theirs)
    writeFileSync(files.key, key)
    const refused = await thon(['cert', '--dir', dir])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('was not created by thon cert, so it is not replaced')
    expect(readFileSync(files.cert, 'utf8')).toBe(theirs)
    expect((await cert('--dir', dir, '--force')).newCert).toBe(true)
  })

  test('fails if the key of the authority is missing', async () => {
    const dir = folder()
    const { files } = await cert('--dir', dir)
    copyFileSync(files.caKey, join(dir, 'elsewhere'))
    unlinkSync(files.caKey)
    const refused = await thon(['cert', '--dir', dir])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('ca.key is missing. Put it back')])
  })
})

describe('the output', () => {
  test('names the files, the variables, and how to trust the authority', async () => {
    const dir = folder()
    const { code, stdout } = await thon(['cert', '--dir', dir])
    expect(code).toBe(0)
    expect(stdout).toContain(`export THON_TLS_CERT=${dir}/thon.crt`)
    expect(stdout).toContain(`export THON_TLS_KEY=${dir}/thon.key`)
    for (const system of ['Linux', 'macOS', 'Windows', 'Firefox', 'iPhone', 'Android']) expect(stdout).toContain(system)
  })

  test.for([
    [
      ['--domain', 'http://hall.example'],
      "option '--domain <name>' argument 'http://hall.example' is invalid. It must be",
    ],
    [['--domain', '10.0.0.1'], "option '--domain <name>' argument '10.0.0.1' is invalid. It must be a host name"],
    [['--ip', 'hall.example'], "option '--ip <address>' argument 'hall.example' is invalid. It must be an IP address"],
    [['--days', '0'], "option '--days <number>' argument '0' is invalid. It must be a whole number from 1 to 825"],
    [['--days', '9e9'], "option '--days <number>' argument '9e9' is invalid"],
    [['--domian', 'x'], "unknown option '--domian'\n(Did you mean --domain?)"],
    [['--dir', '/dev/null/x'], 'ENOTDIR'],
  ] as const)('explains why %j is refused', async ([args, words]) => {
    const { code, stderr, stdout } = await thon(['cert', ...args])
    // An invalid option is wrong usage; a folder that cannot be created is not.
    expect([code, stdout]).toEqual([args[0] === '--dir' ? 1 : 2, ''])
    expect(stderr).toContain(words)
  })

  test('lists the options with --help, and rejects an unknown command', async () => {
    const help = await thon(['cert', '--help'])
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('--domain <name>')])
    expect((await thon(['--help'])).stdout).toContain('cert [options]')
    expect((await thon(['certs'])).code).toBe(2)
  })
})
