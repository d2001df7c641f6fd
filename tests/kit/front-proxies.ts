import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { issue } from '../../server/cli/authority.ts'
import { install, mayInstall } from './debian.ts'
import { freePort, isListening } from './ports.ts'

const EXAMPLES = join(import.meta.dirname, '..', '..', 'docs', 'proxies')
const PROGRAMS = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy' }

/** Reverse proxies that docs/proxies has an example for. */
export type FrontProxy = keyof typeof PROGRAMS

/** Makes sure that both are on this machine: installs Debian's if allowed. @throws Error with what to do */
export function ensureFrontProxies(): void {
  const missing = (Object.keys(PROGRAMS) as FrontProxy[]).filter((name) => !existsSync(PROGRAMS[name]))
  if (missing.length === 0) return
  if (!mayInstall())
    throw new Error(`These tests need ${missing.join(' and ')} (Debian: apt-get install ${missing.join(' ')}).`)
  install(missing)
}

/** Where a proxy will listen, and its certificate. Known before THON starts, because THON needs its public URL. */
export interface Front {
  dir: string
  httpPort: number
  httpsPort: number
  /** Certificate of the authority that clients trust, as PEM. */
  ca: string
  cert: string
  key: string
}

/** Chooses ports, and issues a certificate for hall.example and all names below it. */
export async function prepareFront(): Promise<Front> {
  const dir = mkdtempSync(join(tmpdir(), 'thon-front-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const names = ['hall.example', '*.hall.example']
  const { files } = await issue({ dir: join(dir, 'tls'), names, days: 30, force: false })
  const [httpPort, httpsPort] = [await freePort(), await freePort()]
  return { dir, httpPort, httpsPort, ca: readFileSync(files.ca, 'utf8'), cert: files.cert, key: files.key }
}

/** Starts the real program with the example of docs/proxies in front of a THON. It stops with the test. */
export async function startFront(name: FrontProxy, front: Front, thonPort: number): Promise<void> {
  const args = name === 'nginx' ? nginx(front, thonPort) : caddy(front, thonPort)
  const env = { PATH: process.env.PATH, HOME: front.dir, XDG_DATA_HOME: front.dir, XDG_CONFIG_HOME: front.dir }
  const child = spawn(PROGRAMS[name], args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const collect = (part: Buffer) => (output += part.toString())
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    // It may wait for connections that a test left open.
    const timeout = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await exited
    clearTimeout(timeout)
  })
  for (let tries = 0; tries < 100; tries++) {
    if (await isListening(front.httpsPort)) return
    if (child.exitCode !== null) break
    await sleep(100)
  }
  throw new Error(`${name} does not listen:\n${output}`)
}

/** The example with the replacements that its own comments ask for. Each of these texts has to be in it. */
function example(file: string, texts: Record<string, string>): string {
  let text = readFileSync(join(EXAMPLES, file), 'utf8')
  for (const [from, to] of Object.entries(texts)) {
    if (!text.includes(from)) throw new Error(`docs/proxies/${file} has no "${from}"`)
    text = text.replaceAll(from, to)
  }
  return text
}

function nginx({ dir, httpPort, httpsPort, cert, key }: Front, thonPort: number): string[] {
  const site = example('nginx.conf', {
    'listen 80;': `listen 127.0.0.1:${httpPort};`,
    'listen 443 ': `listen 127.0.0.1:${httpsPort} `,
    'server 127.0.0.1:8501;': `server 127.0.0.1:${thonPort};`,
    '/etc/thon/tls/thon.crt': cert,
    '/etc/thon/tls/thon.key': key,
  })
  // The rest of Debian's own nginx.conf, with a separate folder.
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${dir}/temp_${what};`,
  )
  const around = `${process.getuid?.() === 0 ? 'user root;\n' : ''}pid ${dir}/nginx.pid; error_log stderr warn; daemon off; worker_processes 2;
events { worker_connections 768; }
http { access_log off; sendfile on; tcp_nopush on; gzip on; ${temp.join(' ')} include ${dir}/thon.conf; }
`
  writeFileSync(join(dir, 'thon.conf'), site)
  writeFileSync(join(dir, 'nginx.conf'), around)
  return ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')]
}

function caddy({ dir, httpPort, httpsPort, cert, key }: Front, thonPort: number): string[] {
  const site = example('Caddyfile', {
    'reverse_proxy 127.0.0.1:8501': `reverse_proxy 127.0.0.1:${thonPort}`,
    '/etc/thon/tls/thon.crt': cert,
    '/etc/thon/tls/thon.key': key,
  })
  const globals = ['admin off', 'default_bind 127.0.0.1', `http_port ${httpPort}`, `https_port ${httpsPort}`]
  mkdirSync(join(dir, 'caddy'), { recursive: true })
  writeFileSync(join(dir, 'Caddyfile'), `{\n\t${globals.join('\n\t')}\n}\n${site}`)
  return ['run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']
}
