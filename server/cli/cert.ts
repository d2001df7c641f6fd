import { InvalidArgumentError, type Command } from 'commander'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { domainToASCII } from 'node:url'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { issue, type IssuedCertificate } from './authority.ts'
import { command, print, type CommonOptions } from './shell.ts'

interface CertOptions extends CommonOptions {
  domain?: string[]
  ip?: string[]
  dir: string
  days: number
  force?: true
}

/** Names of every THON on its own machine. Browsers refuse wildcards right below the last label, hence thon.localhost. */
const LOCAL_NAMES = ['localhost', '*.localhost', 'thon.localhost', '*.thon.localhost', '127.0.0.1', '::1']
/** Apple's devices accept no more from authorities that people add. */
const MAX_DAYS = 825

const EXAMPLES = `
Examples:
  thon cert --domain hall.example               for https://hall.example and https://<sandbox>.hall.example
  thon cert --ip 192.168.1.10                   for https://192.168.1.10 and https://<sandbox>.192-168-1-10.sslip.io

The authority (ca.crt, ca.key) is created once and kept, so people have to trust it only once. The certificate is replaced when
it lacks a name or expires within 30 days. A running THON loads a new one at once.`

/**
 * `thon cert`: creates a local certificate authority, and a certificate for THON and its sandboxes.
 * @param environment has THON_WILDCARD_DNS and HOME
 */
export function certCommand(environment: Record<string, string | undefined>): Command {
  const home = environment.HOME || homedir()
  return command('cert', 'create a local certificate authority, and a certificate for THON and all sandboxes')
    .option('--domain <name>', 'domain of THON; covers all names right below it; can be repeated', addDomain)
    .option('--ip <address>', 'IP address of THON; covers its wildcard DNS names; can be repeated', addIp)
    .option('--dir <folder>', 'folder for the files', join(home, '.thon', 'tls'))
    .option('--days <number>', `days until the certificate expires, 1 to ${MAX_DAYS}`, days, 397)
    .option('--force', 'create a new certificate even if the current one is valid; the authority stays')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CertOptions) => {
      const { values } = await readConfigFile(configFileOf(environment, options.config))
      const given = environment.THON_WILDCARD_DNS?.trim() || values.THON_WILDCARD_DNS?.text
      const wildcardDns = given?.toLowerCase() ?? '{ip}.sslip.io'
      if (!/^\{ip\}(\.[a-z0-9-]+)+$/.test(wildcardDns))
        throw new Error('THON_WILDCARD_DNS must be a pattern such as {ip}.sslip.io.')
      const dir = resolve(options.dir.replace(/^~(?=\/|$)/, home))
      const names = namesFor(options, wildcardDns)
      const issued = await issue({ dir, names, days: options.days, force: options.force ?? false })
      print(options, asJson(issued), () => describe(issued))
    })
}

/** Every name that the certificate covers. */
function namesFor({ domain = [], ip = [] }: CertOptions, wildcardDns: string): string[] {
  const ofDomains = domain.flatMap((name) => [name, `*.${name}`])
  const ofIps = ip.flatMap((address) => {
    const name = wildcardDns.replace('{ip}', address.replace(/[.:]/g, '-'))
    return [address, name, `*.${name}`]
  })
  return [...new Set([...ofDomains, ...ofIps, ...LOCAL_NAMES])]
}

function addDomain(text: string, before: string[] = []): string[] {
  const name = domainToASCII(text.trim().toLowerCase().replace(/^\*\./, ''))
  const labels = name.split('.')
  const good = name.length <= 190 && labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label))
  if (!good || /^\d+$/.test(labels.at(-1) ?? ''))
    throw new InvalidArgumentError('It must be a host name such as hall.example, without a scheme, port or path.')
  return [...before, name]
}

function addIp(text: string, before: string[] = []): string[] {
  const address = text
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
  if (isIP(address) === 0 || address.includes('%'))
    throw new InvalidArgumentError('It must be an IP address such as 192.168.1.10.')
  // IPv6 in its short form, so that names can be compared.
  return [...before, isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address]
}

function days(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_DAYS)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_DAYS}.`)
  return number
}

function asJson({ files, until, ...rest }: IssuedCertificate): object {
  const variables = { THON_TLS_CERT: files.cert, THON_TLS_KEY: files.key }
  return { files, variables, ...rest, until: until.toISOString() }
}

function describe({ files, newCa, newCert, names, until, caFingerprint }: IssuedCertificate): string {
  const lines = [
    [newCa ? 'Created a local authority' : 'Kept the local authority', files.ca],
    ['  private key', files.caKey],
    ['  SHA-256', caFingerprint],
    [newCert ? 'Created a certificate' : 'Kept the certificate', files.cert],
    ['  private key', files.key],
    ['  expires', until.toISOString().slice(0, 10)],
    ['  names', names.join(' ')],
  ]
  return `
${lines.map(([label = '', value = '']) => label.padEnd(28) + value).join('\n')}

Start THON with:

  export THON_TLS_CERT=${files.cert}
  export THON_TLS_KEY=${files.key}

${trustInstructions(files.ca)}
`
}

/**
 * How people make a laptop or phone trust the local authority.
 * @param ca path of its certificate on this machine
 */
function trustInstructions(ca: string): string {
  return `To make devices trust it, give everyone the file ${ca} (never ca.key). On each laptop or phone, once:

  Linux     sudo cp ca.crt /usr/local/share/ca-certificates/thon.crt && sudo update-ca-certificates
            (Fedora: /etc/pki/ca-trust/source/anchors/, then update-ca-trust)
            Chrome and Chromium have their own list: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n THON -i ca.crt
            (certutil is in libnss3-tools), or chrome://certificate-manager, Local certificates, Custom, Import
  macOS     sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt
  Windows   certutil -addstore -f ROOT ca.crt        (in a terminal run as administrator)
  Firefox   Settings, Privacy & Security, View Certificates, Authorities, Import: trust it for websites
  iPhone    open the file; Settings, General, VPN & Device Management, install;
            then General, About, Certificate Trust Settings: switch it on
  Android   Settings, Security, Encryption & credentials, Install a certificate, CA certificate

Anyone who has ca.key can pose as any website to the devices that trust this authority. Keep it on this machine, and ask
people to remove the authority after the event.`
}
