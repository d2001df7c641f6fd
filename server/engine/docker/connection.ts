import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DockerConnection } from '../../config/env.ts'
import { describeError } from '../../core/errors.ts'
import { EngineUnavailable } from '../engine.ts'

/** Certificates for TLS. The engine's certificate is not verified when `verify` is false. */
export interface DockerTls {
  verify: boolean
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/** An address that a socket can be opened to. */
export interface DockerAddress {
  /** For messages, such as `unix:///var/run/docker.sock`. */
  url: string
  /** Path of the Unix socket, or null for a host and a port. */
  socketPath: string | null
  hostname: string
  port: number
  /** Null is plain HTTP. */
  tls: DockerTls | null
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock'

/**
 * Finds the engine as Docker's own clients do: the host, else the context, else the socket of this machine.
 * Reads the files of contexts and certificates. @throws EngineUnavailable, saying what to set, when they lead nowhere
 */
export function findDocker(connection: DockerConnection): DockerAddress {
  const configDir = connection.configDir ?? join(homedir(), '.docker')
  if (connection.host) return fromHost(connection.host, connection, configDir)
  const context = connection.context ?? currentContext(configDir)
  return context && context !== 'default' ? fromContext(context, configDir) : parseAddress(DEFAULT_HOST, null)
}

function fromHost(host: string, connection: DockerConnection, configDir: string): DockerAddress {
  const wantsTls = connection.tlsVerify || connection.certPath !== null || host.startsWith('https://')
  if (!wantsTls || host.startsWith('unix://')) return parseAddress(host, null)
  const verify = connection.tlsVerify || connection.certPath === null
  // A plain https:// host, without a folder or DOCKER_TLS_VERIFY, needs no certificate files.
  const required = connection.certPath !== null
  return parseAddress(host, readTls(connection.certPath ?? configDir, verify, required))
}

function currentContext(configDir: string): string | null {
  const text = readIfThere(join(configDir, 'config.json'))
  if (!text) return null
  const config = parseJson(text.toString(), join(configDir, 'config.json')) as { currentContext?: string }
  return config.currentContext ?? null
}

/** Docker keeps contexts in folders named after the SHA-256 of their names. */
function fromContext(name: string, configDir: string): DockerAddress {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(configDir, 'contexts', 'meta', id, 'meta.json')
  const text = readIfThere(file)
  if (!text)
    throw new EngineUnavailable(
      `There is no Docker context "${name}". List the contexts with \`docker context ls\` and set DOCKER_CONTEXT to one of them.`,
    )
  const meta = parseJson(text.toString(), file) as {
    Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } }
  }
  const endpoint = meta.Endpoints?.docker
  if (!endpoint?.Host)
    throw new EngineUnavailable(
      `The Docker context "${name}" names no host. Choose another one with DOCKER_CONTEXT, or set DOCKER_HOST.`,
    )
  const tls = readTls(join(configDir, 'contexts', 'tls', id, 'docker'), !endpoint.SkipTLSVerify, false)
  return parseAddress(endpoint.Host, tls.ca || tls.cert || endpoint.Host.startsWith('https://') ? tls : null)
}

function parseAddress(host: string, tls: DockerTls | null): DockerAddress {
  if (host.startsWith('unix://')) {
    return {
      url: host,
      socketPath: host.slice('unix://'.length) || '/var/run/docker.sock',
      hostname: '',
      port: 0,
      tls: null,
    }
  }
  // Docker also takes a bare host:port.
  const text = host.includes('://') ? host : `tcp://${host}`
  if (text.startsWith('ssh://')) {
    throw new EngineUnavailable(
      `DOCKER_HOST is ${host}, but THON cannot reach Docker over ssh. Forward its socket instead, for instance with ` +
        `\`ssh -NL /run/thon-docker.sock:/var/run/docker.sock ${text.slice(6)}\`, and set DOCKER_HOST to unix:///run/thon-docker.sock.`,
    )
  }
  const known = /^(tcp|http|https):\/\/./.test(text)
  // URL parses only schemes it knows into host and port.
  const address = known ? URL.parse(text.replace(/^(tcp|https):/, 'http:')) : null
  if (!address) {
    throw new EngineUnavailable(
      `DOCKER_HOST is ${host}, which is not an address THON knows. Use unix:///path, tcp://host:port or https://host:port.`,
    )
  }
  const port = Number(address.port) || (/:80$/.test(text) ? 80 : tls ? 2376 : 2375)
  return { url: text, socketPath: null, hostname: address.hostname, port, tls }
}

function readTls(folder: string, verify: boolean, required: boolean): DockerTls {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readIfThere(join(folder, name)))
  if (required && !ca && !cert) {
    throw new EngineUnavailable(
      `DOCKER_CERT_PATH is ${folder}, which holds neither ca.pem nor cert.pem. Set it to the folder with Docker's certificates.`,
    )
  }
  return { verify, ca, cert, key }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new EngineUnavailable(
      `Docker's file ${file} cannot be read. Check its permissions. (${describeError(error)})`,
      {
        cause: error,
      },
    )
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new EngineUnavailable(
      `Docker's file ${file} is not valid JSON. Repair it, or set DOCKER_HOST. (${describeError(error)})`,
      { cause: error },
    )
  }
}
