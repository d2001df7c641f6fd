import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { install, mayInstall } from './debian.ts'
import { freePort } from './ports.ts'

const PROGRAM = '/usr/bin/redis-server'

/** A real Redis on loopback. It can die and come back at the same port. */
export class Redis {
  readonly port: number
  readonly #args: string[]
  #child: ReturnType<typeof spawn> | null = null

  private constructor(port: number, password: string | null) {
    this.port = port
    const auth = password === null ? [] : ['--requirepass', password]
    this.#args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp', ...auth]
  }

  /** Starts one, which ends with the test. */
  static async start(password: string | null): Promise<Redis> {
    if (!existsSync(PROGRAM) && mayInstall()) install(['redis-server'])
    if (!existsSync(PROGRAM)) throw new Error(`This test needs ${PROGRAM}, which Debian's redis-server has.`)
    const redis = new Redis(await freePort(), password)
    onTestFinished(() => redis.down())
    await redis.up()
    return redis
  }

  /** Comes (back); resolves when it listens. */
  async up(): Promise<void> {
    const child = spawn(PROGRAM, this.#args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    let said = ''
    for await (const text of child.stdout) if ((said += String(text)).includes('Ready to accept connections')) break
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${said}`)
  }

  async down(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
    this.#child = null
  }
}
