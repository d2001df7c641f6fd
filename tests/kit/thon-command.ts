import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { testImage } from './docker.ts'
import { removeAll, nodeOf } from './docker-app.ts'

const THON = join(import.meta.dirname, '..', '..', 'bin', 'thon.mjs')

/** How a command ended. */
export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** A home with a database of its own, in which `thon` is run as people do. Goes with the test, sandboxes and all. */
export class Home {
  readonly dir = mkdtempSync(join(tmpdir(), 'thon-cli-'))
  readonly variables: Record<string, string>

  constructor(variables: Record<string, string> = {}) {
    this.variables = {
      ...{ HOME: this.dir, PATH: process.env.PATH ?? '', THON_PORTS: '0', THON_DB_PATH: join(this.dir, 'thon.db') },
      ...{ THON_WORKSPACE_DIR: join(this.dir, 'workspace'), THON_LOG_LEVEL: 'error' },
      ...{ THON_ENGINE: 'docker', SANDBOX_IMAGE: testImage, SANDBOX_MEMORY: '64m', THON_READY_SECONDS: '20' },
      ...{ LEMONADE_PORT: '1', GATEWAY_CONFIG_FILE: join(this.dir, 'no-apisix.yaml') },
      ...variables,
    }
    onTestFinished(async () => {
      if (this.variables.THON_ENGINE === 'docker') await removeAll(nodeOf(this.dir))
      rmSync(this.dir, { recursive: true, force: true })
    })
  }

  /** A path in it. */
  path(name: string): string {
    return join(this.dir, name)
  }

  thon(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile('node', [THON, ...args], { env: this.variables, cwd: this.dir }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
    })
  }

  /** What a command says with --json. @throws unless it ended with the code */
  async json<T>(args: string[], code = 0): Promise<T> {
    const ended = await this.thon(...args, '--json')
    if (ended.code !== code) throw new Error(`thon ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as T
  }

  /** Runs `thon serve` beside. @returns its URL, and what ends it, with its exit code */
  async serve(): Promise<{ url: string; end: () => Promise<number | null> }> {
    const child = spawn('node', [THON, 'serve'], { env: this.variables, stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'exit') as Promise<[number | null]>
    let said = ''
    child.stderr.on('data', (part) => (said += String(part)))
    const end = async () => {
      if (child.exitCode === null) child.kill('SIGTERM')
      return (await exited)[0]
    }
    onTestFinished(async () => void (await end()))
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (part) => {
        said += String(part)
        const found = /Dashboard +(\S+)/.exec(said)
        if (found?.[1]) resolve(found[1])
      })
      void exited.then(() => reject(new Error(`thon serve ended: ${said}`)))
    })
    return { url, end }
  }
}
