import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DockerConnection } from '../../config/env.ts'
import { EngineAway } from '../engine.ts'

/** Certificates for TLS; the engine's own is not checked when `verify` is false. */
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
 * Finds the engine as Docker's own clients do: host, else the context, else the socket of this machine.
 * Reads the files of contexts and certificates; throws EngineAway, saying what to set, when they do not lead anywhere.
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
  // Without a folder and without DOCKER_TLS_VERIFY (a plain https:// host) there need not be any certificate files.
  const required = connection.certPath !== null
  return parseAddress(host, readTls(connection.certPath ?? configDir, verify, required))
}

function currentContext(configDir: string): string | null {
  const text = readIfThere(join(configDir, 'config.json'))
  if (!text) return null
  const config = parseJson(text.toString(), join(configDir, 'config.json')) as { currentContext?: string }
  return config.currentContext ?? null
}

/** Contexts are kept in folders named after the SHA-256 of their names. */
function fromContext(name: string, configDir: string): DockerAddress {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(configDir, 'contexts', 'meta', id, 'meta.json')
  const text = readIfThere(file)
  if (!text) throw new EngineAway(`There is no Docker context "${name}". \`docker context ls\` shows those there are.`)
  const meta = parseJson(text.toString(), file) as {
    Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } }
  }
  const endpoint = meta.Endpoints?.docker
  if (!endpoint?.Host) throw new EngineAway(`The Docker context "${name}" names no host.`)
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
    throw new EngineAway(
      `DOCKER_HOST ${host}: THON cannot reach Docker over ssh. Forward its socket instead, for instance ` +
        `\`ssh -NL /run/thon-docker.sock:/var/run/docker.sock ${text.slice(6)}\`, and set DOCKER_HOST to unix:///run/thon-docker.sock.`,
    )
  }
  const known = /^(tcp|http|https):\/\/./.test(text)
  // Only schemes that URL knows are parsed into host and port.
  const address = known ? URL.parse(text.replace(/^(tcp|https):/, 'http:')) : null
  if (!address) {
    throw new EngineAway(
      `DOCKER_HOST ${host} is no address THON knows: use unix:///path, tcp://host:port or https://host:port.`,
    )
  }
  const port = Number(address.port) || (/:80$/.test(text) ? 80 : tls ? 2376 : 2375)
  return { url: text, socketPath: null, hostname: address.hostname, port, tls }
}

function readTls(folder: string, verify: boolean, required: boolean): DockerTls {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readIfThere(join(folder, name)))
  if (required && !ca && !cert) {
    throw new EngineAway(
      `DOCKER_CERT_PATH ${folder} holds neither ca.pem nor cert.pem: Docker cannot be reached by TLS.`,
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
    throw new EngineAway(`Docker's file ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new EngineAway(`Docker's file ${file} is not JSON: ${(error as Error).message}`, { cause: error })
  }
}
