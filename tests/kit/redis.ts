import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { install, mayInstall } from './debian.ts'
import { freePort } from './ports.ts'

const PROGRAM = '/usr/bin/redis-server'

/** A real Redis on loopback, which can be stopped and started again on the same port. */
export class Redis {
  readonly port: number
  readonly #args: string[]
  #child: ReturnType<typeof spawn> | null = null

  private constructor(port: number, password: string | null) {
    this.port = port
    const auth = password === null ? [] : ['--requirepass', password]
    this.#args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp', ...auth]
  }

  /** Starts one that is stopped at the end of the test. @param password null for none */
  static async start(password: string | null): Promise<Redis> {
    if (!existsSync(PROGRAM) && mayInstall()) install(['redis-server'])
    if (!existsSync(PROGRAM)) throw new Error(`This test needs ${PROGRAM}. Install Debian's package redis-server.`)
    const redis = new Redis(await freePort(), password)
    onTestFinished(() => redis.down())
    await redis.up()
    return redis
  }

  /** Starts the process; resolves once it listens. */
  async up(): Promise<void> {
    const child = spawn(PROGRAM, this.#args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    let output = ''
    for await (const text of child.stdout) if ((output += String(text)).includes('Ready to accept connections')) break
    if (child.exitCode !== null) throw new Error(`redis-server exited: ${output}`)
  }

  /** Kills the process. */
  async down(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
    this.#child = null
  }
}
