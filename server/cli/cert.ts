import { InvalidArgumentError, type Command } from 'commander'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { domainToASCII } from 'node:url'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { issue, type Issued } from './authority.ts'
import { command, print, type Common } from './shell.ts'
import { howToTrust } from './trust.ts'

interface CertOptions extends Common {
  domain?: string[]
  ip?: string[]
  dir: string
  days: number
  force?: true
}

/** Names under which every THON is reached on its own machine. Browsers take no wildcard right below a last label, so thon.localhost too. */
const HERE = ['localhost', '*.localhost', 'thon.localhost', '*.thon.localhost', '127.0.0.1', '::1']
/** As Apple's devices bound it for authorities that people add. */
const MOST_DAYS = 825

const EXAMPLES = `
Examples:
  thon cert --domain hall.example               for https://hall.example and https://<sandbox>.hall.example
  thon cert --ip 192.168.1.10                   for https://192.168.1.10 and https://<sandbox>.192-168-1-10.sslip.io

The authority (ca.crt, ca.key) is made once and kept, so that people trust it once. The certificate is made anew when it
lacks a name or runs out within 30 days, otherwise it stays. A THON that runs takes a new one at once.`

/**
 * `thon cert`: a local certificate authority, and a certificate for THON and its sandboxes.
 * @param environment where THON_WILDCARD_DNS and HOME are looked up
 */
export function certCommand(environment: Record<string, string | undefined>): Command {
  const home = environment.HOME || homedir()
  return command('cert', 'make a local certificate authority, and a certificate for THON and every sandbox')
    .option('--domain <name>', 'domain of THON, with all names right below it; may be repeated', addDomain)
    .option('--ip <address>', 'IP address of THON, with its wildcard DNS names; may be repeated', addIp)
    .option('--dir <folder>', 'where the files are kept', join(home, '.thon', 'tls'))
    .option('--days <number>', `how long the certificate is good for, 1 to ${MOST_DAYS}`, days, 397)
    .option('--force', 'make a new certificate although the one there is good; the authority stays')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CertOptions) => {
      const { values } = await readConfigFile(configFileOf(environment, options.config))
      const given = environment.THON_WILDCARD_DNS?.trim() || values.THON_WILDCARD_DNS?.text
      const wildcardDns = given?.toLowerCase() ?? '{ip}.sslip.io'
      if (!/^\{ip\}(\.[a-z0-9-]+)+$/.test(wildcardDns))
        throw new Error('THON_WILDCARD_DNS must be a form such as {ip}.sslip.io')
      const dir = resolve(options.dir.replace(/^~(?=\/|$)/, home))
      const names = namesFor(options, wildcardDns)
      const issued = await issue({ dir, names, days: options.days, force: options.force ?? false })
      print(options, asJson(issued), () => inWords(issued))
    })
}

/** All that the certificate is to name. */
function namesFor({ domain = [], ip = [] }: CertOptions, wildcardDns: string): string[] {
  const ofDomains = domain.flatMap((name) => [name, `*.${name}`])
  const ofIps = ip.flatMap((address) => {
    const name = wildcardDns.replace('{ip}', address.replace(/[.:]/g, '-'))
    return [address, name, `*.${name}`]
  })
  return [...new Set([...ofDomains, ...ofIps, ...HERE])]
}

function addDomain(text: string, before: string[] = []): string[] {
  const name = domainToASCII(text.trim().toLowerCase().replace(/^\*\./, ''))
  const labels = name.split('.')
  const good = name.length <= 190 && labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label))
  if (!good || /^\d+$/.test(labels.at(-1) as string))
    throw new InvalidArgumentError('It must be a host name such as hall.example, without scheme, port or path.')
  return [...before, name]
}

function addIp(text: string, before: string[] = []): string[] {
  const address = text
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
  if (isIP(address) === 0 || address.includes('%'))
    throw new InvalidArgumentError('It must be an IP address such as 192.168.1.10.')
  // IPv6 in its short form, by which names are compared.
  return [...before, isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address]
}

function days(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_DAYS)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_DAYS}.`)
  return number
}

function asJson({ files, until, ...rest }: Issued): object {
  const variables = { THON_TLS_CERT: files.cert, THON_TLS_KEY: files.key }
  return { files, variables, ...rest, until: until.toISOString() }
}

function inWords({ files, newCa, newCert, names, until, caFingerprint }: Issued): string {
  return `
${newCa ? 'Made a local authority' : 'Kept the local authority'}    ${files.ca}
  key, for nobody else        ${files.caKey}
  SHA-256                     ${caFingerprint}
${newCert ? 'Made a certificate' : 'Kept the certificate'}        ${files.cert}
  key                         ${files.key}
  good until                  ${until.toISOString().slice(0, 10)}
  for                         ${names.join(' ')}

Start THON with:

  export THON_TLS_CERT=${files.cert}
  export THON_TLS_KEY=${files.key}

${howToTrust(files.ca)}
`
}
