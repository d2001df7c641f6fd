import { readFileSync } from 'node:fs'
import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import { httpUrl, list, onePort, port } from './rules.ts'
import { EXTERNAL_IP_RULE, isExternalIp } from '../core/host-names.ts'

/** How people reach THON and the sandboxes. */
export interface ReachEnv {
  /** Where people reach THON, such as `https://thon.example`; null means the address of each request. */
  readonly publicUrl: string | null
  /** IP address or host name of this machine for others; null leaves it to Settings. */
  readonly externalIp: string | null
  /** Domain below which each sandbox has a host name; null leaves it to Settings. */
  readonly domain: string | null
  /** Names that resolve to an IP address, such as `{ip}.sslip.io`, where the address is written with dashes. */
  readonly wildcardDns: string
  /** Port on which all sandboxes share one origin, distinguished by path; null is off. */
  readonly pathPort: number | null
  /** Certificate and key for HTTPS, as absolute paths of PEM files; null serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Proxies whose X-Forwarded-* headers are trusted: addresses, networks, or names such as `loopback`. */
  readonly trustedProxies: readonly string[]
  /** Name or number of the user that the proxy becomes where THON is root. */
  readonly proxyUser: string
}

/** What sandboxes can reach over the network. */
export interface NetworkEnv {
  /** Address pool for the groups' networks, as CIDR. */
  readonly pool: string
  /** Whether sandboxes are kept from other machines on the LAN. */
  readonly blockLan: boolean
  /** Whether sandboxes are kept from the internet. */
  readonly blockInternet: boolean
  /** Exceptions: addresses or networks, each with one port or all ports (null). */
  readonly allow: readonly { readonly network: string; readonly port: number | null }[]
  /** Ports of this machine that sandboxes can reach: Lemonade's and those configured. The gateway's is added later. */
  readonly hostPorts: readonly number[]
}

const hostName = z
  .string()
  .toLowerCase()
  .regex(
    /^(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be a host name such as hall.example, without a scheme, port or path',
  )
  .refine((name) => !/(^|\.)\d+$/.test(name), 'must be a host name, not an IP address')

const network = /^(\d{1,3}\.){3}\d{1,3}(\/\d{1,2})?$/

/** The variables of addresses and networks. */
export const reachVariables = {
  EXTERNAL_IP: z.string().trim().refine(isExternalIp, EXTERNAL_IP_RULE).optional(),
  THON_PUBLIC_URL: httpUrl.optional(),
  THON_DOMAIN: hostName.optional(),
  THON_WILDCARD_DNS: z
    .string()
    .toLowerCase()
    .regex(/^\{ip\}(\.[a-z0-9-]+)+$/, 'must be a pattern such as {ip}.sslip.io')
    .default('{ip}.sslip.io'),
  THON_PATH_PORT: port.optional(),
  THON_TLS_CERT: z.string().optional(),
  THON_TLS_KEY: z.string().optional(),
  THON_TRUSTED_PROXIES: list.default([]).refine(isTrustList, {
    message: 'must be IP addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
  }),
  THON_PROXY_USER: z
    .string()
    .regex(/^[a-z_][\w.-]*\$?$|^\d+$/i, 'must be the name or number of a user')
    .default('nobody'),
  SANDBOX_NETWORK_POOL: z
    .string()
    .refine(
      (text) => isNetwork(text) && bitsOf(text) >= 8 && bitsOf(text) <= 23,
      'must be a network with a prefix of 8 to 23 bits, such as 10.208.0.0/12',
    )
    .default('10.208.0.0/12'),
  SANDBOX_LAN: z.enum(['block', 'allow'], 'must be block or allow').default('block'),
  SANDBOX_INTERNET: z.enum(['block', 'allow'], 'must be block or allow').default('allow'),
  SANDBOX_ALLOW: list.pipe(z.array(z.string().transform(exception))).default([]),
  SANDBOX_HOST_PORTS: list.pipe(z.array(onePort)).default([]),
}

type ReachVariables = z.infer<z.ZodObject<typeof reachVariables>>

/** How people reach THON and the sandboxes. @param absolute makes a path absolute */
export function reachOf(v: ReachVariables, absolute: (path: string) => string): ReachEnv {
  return {
    publicUrl: v.THON_PUBLIC_URL ?? null,
    externalIp: v.EXTERNAL_IP ?? null,
    domain: v.THON_DOMAIN ?? null,
    wildcardDns: v.THON_WILDCARD_DNS,
    pathPort: v.THON_PATH_PORT ?? null,
    tls: v.THON_TLS_CERT && v.THON_TLS_KEY ? { cert: absolute(v.THON_TLS_CERT), key: absolute(v.THON_TLS_KEY) } : null,
    trustedProxies: v.THON_TRUSTED_PROXIES,
    proxyUser: v.THON_PROXY_USER,
  }
}

/** What sandboxes can reach. @param ai where Lemonade listens */
export function networkOf(v: ReachVariables, ai: { LEMONADE_PORT: number }): NetworkEnv {
  return {
    pool: v.SANDBOX_NETWORK_POOL,
    blockLan: v.SANDBOX_LAN === 'block',
    blockInternet: v.SANDBOX_INTERNET === 'block',
    allow: v.SANDBOX_ALLOW,
    hostPorts: [...new Set([ai.LEMONADE_PORT, ...v.SANDBOX_HOST_PORTS])],
  }
}

/** A certificate without its key, and files that cannot be read. Takes unparsed values, to be reported with errors of single variables. */
export function reachErrors(given: Record<string, string | undefined>, absolute: (path: string) => string): string[] {
  const { THON_TLS_CERT: cert, THON_TLS_KEY: key } = given
  if (Boolean(cert) !== Boolean(key))
    return [
      `${cert ? 'THON_TLS_KEY' : 'THON_TLS_CERT'}: is required as well, because ${cert ? 'THON_TLS_CERT' : 'THON_TLS_KEY'} is set`,
    ]
  return Object.entries({ THON_TLS_CERT: cert, THON_TLS_KEY: key }).flatMap(([name, path]) => {
    if (!path) return []
    try {
      readFileSync(absolute(path))
      return []
    } catch (error) {
      return [`${name}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? ''})`]
    }
  })
}

function isTrustList(entries: string[]): boolean {
  try {
    proxyAddr.compile(entries)
    return true
  } catch {
    return false
  }
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '32'] = text.split('/')
  return network.test(text) && address.split('.').every((part) => Number(part) <= 255) && Number(bits) <= 32
}

function bitsOf(text: string): number {
  return Number(text.split('/')[1] ?? 32)
}

function exception(text: string, context: z.RefinementCtx): { network: string; port: number | null } {
  const [address = '', number] = text.split(':')
  const parsed = number === undefined ? null : onePort.safeParse(number)
  if (!isNetwork(address) || parsed?.success === false)
    context.addIssue({
      code: 'custom',
      message: 'must be an IPv4 address or network, with or without a port, such as 192.168.1.20:8000',
    })
  return { network: address, port: parsed?.data ?? null }
}
