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

/** A server that runs. */
export interface Served {
  url: string
  /** What it printed by then. */
  first: string
  /** Ends it. @returns its exit code */
  end: () => Promise<number | null>
  /** Ends it, and the processes that it started, without a word. */
  kill: () => Promise<void>
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

  /** The program itself. */
  readonly command = THON

  thon(...args: string[]): Promise<Ended> {
    return this.thonWith('', ...args)
  }

  /** As `thon`, with something piped in. */
  thonWith(input: string, ...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { env: this.variables, cwd: this.dir }
      const child = execFile('node', [THON, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      )
      child.stdin?.end(input)
    })
  }

  /** Begins a command, in a process group of its own as a terminal has it. @returns what Ctrl-C does */
  start(...args: string[]): { interrupt: () => Promise<Ended> } {
    const child = spawn('node', [THON, ...args], { env: this.variables, cwd: this.dir, detached: true })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (part) => (said[name] += String(part)))
    const closed = once(child, 'close') as Promise<[number | null]>
    const interrupt = async () => {
      process.kill(-(child.pid as number), 'SIGINT')
      return { code: (await closed)[0] ?? -1, ...said }
    }
    return { interrupt }
  }

  /** What a command says with --json. @throws unless it ended with the code */
  async json<T>(args: string[], code = 0): Promise<T> {
    const ended = await this.thon(...args, '--json')
    if (ended.code !== code) throw new Error(`thon ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as T
  }

  /** Runs `thon serve` beside, in a process group of its own. */
  async serve(...args: string[]): Promise<Served> {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    const child = spawn('node', [THON, 'serve', ...args], { env: this.variables, stdio, detached: true })
    const exited = once(child, 'exit') as Promise<[number | null]>
    let said = ''
    child.stderr.on('data', (part) => (said += String(part)))
    const end = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return (await exited)[0]
    }
    const kill = async () => {
      process.kill(-(child.pid as number), 'SIGKILL')
      await exited
    }
    onTestFinished(async () => void (await end()))
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (part) => {
        said += String(part)
        const url = /Dashboard +(\S+)|"urls":\["([^"]+)"/.exec(said)?.slice(1).find(Boolean)
        if (url) resolve({ url, end, kill, first: said })
      })
      void exited.then(() => reject(new Error(`thon serve ended: ${said}`)))
    })
  }
}
