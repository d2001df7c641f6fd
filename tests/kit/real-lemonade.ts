import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKeyPair } from './certificates.ts'
import { install, mayInstall } from './debian.ts'
import { ModelHub } from './model-hub.ts'

/** Debian unstable, which has the package. It is kept for later runs. */
const ROOT = join(tmpdir(), 'thon-test-lemonade', 'sid')
const PACKAGES = ['lemonade-server', 'llama.cpp-tools']

/**
 * Installs a real Lemonade with llama.cpp, from Debian's packages, into a folder of its own, unless it is there already.
 * @returns why that is not possible, as one line; null when it is installed
 */
export function lacksLemonade(): string | null {
  if (existsSync(join(ROOT, 'usr/bin/lemond'))) return null
  if (!mayInstall()) return 'the real Lemonade is installed from Debian’s packages into a folder, by root on Debian'
  console.log('\nInstalling the real Lemonade from Debian unstable …')
  try {
    if (!existsSync('/usr/sbin/debootstrap')) install(['debootstrap'])
    rmSync(ROOT, { recursive: true, force: true })
    mkdirSync(ROOT, { recursive: true })
    // A mirror that hangs must not block everything else.
    const run = (command: string, args: string[]) => execFileSync(command, args, { stdio: 'pipe', timeout: 600_000 })
    run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'sid', ROOT])
    // Its packages would start services of this machine.
    writeFileSync(join(ROOT, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    writeFileSync(join(ROOT, 'etc/apt/apt.conf.d/99novalid'), 'Acquire::Check-Valid-Until "false";\n')
    const apt = 'apt-get update -q && apt-get install -y -q --no-install-recommends'
    run('chroot', [ROOT, 'env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', `${apt} ${PACKAGES.join(' ')}`])
    return null
  } catch (error) {
    rmSync(ROOT, { recursive: true, force: true })
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return `Debian unstable, which has Lemonade’s package, could not be installed into ${ROOT} (${reason})`
  }
}

/** A real Lemonade server on loopback, with a model hub of its own. It can be killed and restarted. */
export class RealLemonade {
  readonly hub: ModelHub
  readonly port: number
  readonly #folder = `/srv/lm/${randomBytes(4).toString('hex')}`
  readonly #env: Record<string, string>
  #child: ChildProcess | null = null
  #log = ''

  private constructor(hub: ModelHub, port: number, env: Record<string, string>) {
    this.hub = hub
    this.port = port
    this.#env = { HF_ENDPOINT: hub.url, LEMONADE_DISABLE_SYSTEMD_JOURNAL: '1', ...env }
  }

  /** Starts one without models. @param env such as LEMONADE_API_KEY */
  static async start(env: Record<string, string> = {}): Promise<RealLemonade> {
    const pair = await createKeyPair()
    // What its curl trusts.
    writeFileSync(join(ROOT, 'etc/ssl/certs/ca-certificates.crt'), pair.cert)
    const hub = await ModelHub.start(pair)
    const started = new RealLemonade(hub, 20_000 + (randomBytes(2).readUInt16LE() % 12_000), env)
    for (const name of ['home', 'cache', 'config', 'run']) mkdirSync(started.#path(name), { recursive: true })
    const config = { broadcast: false, auto_check_model_updates: false, no_fetch_executables: true }
    writeFileSync(started.#path('config/config.json'), JSON.stringify({ ...config, llamacpp: { prefer_system: true } }))
    await started.up()
    return started
  }

  /** The environment of a THON that connects to it. */
  get environment(): Record<string, string> {
    return { LEMONADE_PORT: String(this.port) }
  }

  /** Starts the server. After a kill it still has its models. */
  async up(): Promise<void> {
    const [cache, config] = [`${this.#folder}/cache`, `${this.#folder}/config`]
    const env = Object.entries({ HOME: `${this.#folder}/home`, RUNTIME_DIRECTORY: `${this.#folder}/run`, ...this.#env })
    // The mounts belong to this process and disappear with it.
    const script = `mount -t proc proc ${ROOT}/proc && mount --rbind /sys ${ROOT}/sys && exec chroot ${ROOT} "$@"`
    const program = ['/usr/bin/lemond', '--host', '127.0.0.1', '--port', String(this.port), '--no-broadcast']
    const variables = env.map(([name, value]) => `${name}=${value}`)
    const args = ['env', '-i', 'PATH=/usr/bin:/bin', ...variables, ...program, cache, config]
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ...args], {
      ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (this.#log += String(part)))
    this.#child = child
    for (let attempt = 0; attempt < 300; attempt++) {
      if (await this.ask('/live').catch(() => null)) return
      if (child.exitCode !== null) break
      await sleep(100)
    }
    throw new Error(`Lemonade did not start: ${this.#log.slice(-2_000)}`)
  }

  /** Kills it and the programs that run its models, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child?.pid || child.exitCode !== null) return
    process.kill(-child.pid, 'SIGKILL')
    await once(child, 'close')
  }

  /** Stops everything, and deletes its models. */
  async close(): Promise<void> {
    await this.kill()
    this.hub.close()
    rmSync(join(ROOT, this.#folder), { recursive: true, force: true })
  }

  /** Sends it a request directly, as a participant's tool would. @param body sent as JSON by POST */
  async ask(path: string, body?: object): Promise<Response> {
    const key = this.#env.LEMONADE_API_KEY
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json', ...(key && { Authorization: `Bearer ${key}` }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  }

  #path(name: string): string {
    return join(ROOT, this.#folder, name)
  }
}
