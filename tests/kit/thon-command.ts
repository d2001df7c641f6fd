import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { testImage } from './docker.ts'
import { removeAll, nodeOf } from './docker-app.ts'

const THON = join(import.meta.dirname, '..', '..', 'bin', 'thon.mjs')

/** How a command exited, and what it printed. */
export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** A running server. */
export interface RunningServer {
  url: string
  /** What it printed until it was ready. */
  first: string
  /** Stops it. @returns its exit code */
  end: () => Promise<number | null>
  /** Kills it and the processes it started, with SIGKILL. */
  kill: () => Promise<void>
}

/** A home folder with its own database, where `thon` runs as it does for people. Deleted after the test, with its sandboxes. */
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
      if (this.variables.THON_ENGINE === 'docker') await removeAll(await nodeOf(this.dir))
      rmSync(this.dir, { recursive: true, force: true })
    })
  }

  /** Absolute path of a file in this folder. */
  path(name: string): string {
    return join(this.dir, name)
  }

  /** Path of the program. */
  readonly command = THON

  thon(...args: string[]): Promise<CommandResult> {
    return this.thonWith('', ...args)
  }

  /** Like `thon`, with text on standard input. */
  thonWith(input: string, ...args: string[]): Promise<CommandResult> {
    return new Promise((resolve) => {
      const options = { env: this.variables, cwd: this.dir }
      const child = execFile('node', [THON, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
      child.stdin?.end(input)
    })
  }

  /** Starts a command in its own process group, as a terminal does. `interrupt` sends what Ctrl-C sends. */
  start(...args: string[]): { interrupt: () => Promise<CommandResult> } {
    const child = spawn('node', [THON, ...args], { env: this.variables, cwd: this.dir, detached: true })
    const printed = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (part) => (printed[name] += String(part)))
    const closed = once(child, 'close') as Promise<[number | null]>
    const interrupt = async () => {
      process.kill(-(child.pid as number), 'SIGINT')
      return { code: (await closed)[0] ?? -1, ...printed }
    }
    return { interrupt }
  }

  /** What a command prints with --json. @throws Error unless it exits with the code */
  async json<T>(args: string[], code = 0): Promise<T> {
    const result = await this.thon(...args, '--json')
    if (result.code !== code) throw new Error(`thon ${args.join(' ')} exited with ${result.code}: ${result.stderr}`)
    return JSON.parse(result.stdout) as T
  }

  /** Runs `thon serve` in its own process group, and waits until it is ready. */
  async serve(...args: string[]): Promise<RunningServer> {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn('node', [THON, 'serve', ...args], { env: this.variables, stdio, detached: true })
    const exited = once(child, 'exit') as Promise<[number | null]>
    let printed = ''
    child.stderr.on('data', (part) => (printed += String(part)))
    const end = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return (await exited)[0]
    }
    const kill = async () => {
      process.kill(-(child.pid as number), 'SIGKILL')
      await exited
    }
    onTestFinished(async () => {
      await end()
    })
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (part) => {
        printed += String(part)
        const url = /Dashboard +(\S+)|"urls":\["([^"]+)"/.exec(printed)?.slice(1).find(Boolean)
        if (url) resolve({ url, end, kill, first: printed })
      })
      void exited.then(() => reject(new Error(`thon serve stopped: ${printed}`)))
    })
  }
}
