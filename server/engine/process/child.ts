import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** Exit code of the built-in editor when its port is taken. */
export const PORT_TAKEN = 98

export interface LaunchOptions {
  /** Where to look for `code-server`; also the PATH of the sandbox. */
  path: string
  workspace: string
  home: string
  /** Port on 127.0.0.1. */
  port: number
  password: string | null
  /** File that its output is appended to. */
  log: string
}

/** The first executable `code-server` on a PATH, or null. */
export function findCodeServer(path: string): string | null {
  const candidates = path
    .split(delimiter)
    .filter(isAbsolute)
    .map((dir) => join(dir, 'code-server'))
  return candidates.find(isProgram) ?? null
}

/** Waits for one line on a pipe before it becomes the program. When the server is killed first, it exits instead. */
const GATE = 'read -r go <&3 && unset PWD && exec "$@" 3<&-'

/** A process that waits to become the sandbox. */
export interface LaunchedProcess {
  child: ChildProcess & { pid: number }
  /** Lets it become the sandbox. To be called once its pid is recorded. */
  release: () => void
}

/**
 * Starts the sandbox's process in a session of its own, so that it outlives a killed server, and holds it until `release`,
 * so that a killed server never leaves a sandbox without a record. The process does not get THON's environment, which
 * holds secrets. @throws when the system cannot start it
 */
export async function launch(options: LaunchOptions): Promise<LaunchedProcess> {
  const codeServer = findCodeServer(options.path)
  const page = fileURLToPath(new URL('page/main.ts', import.meta.url))
  const [file, first] = codeServer ? [codeServer, []] : [process.execPath, [page]]
  const log = openSync(options.log, 'a', 0o600)
  try {
    const command = [file, ...first, ...codeServerArguments(options)]
    const child = spawn('/bin/sh', ['-c', GATE, 'sh', ...command], {
      cwd: options.workspace,
      env: environment(options),
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    })
    if (child.pid === undefined) throw (await once(child, 'error'))[0]
    child.unref()
    const gate = child.stdio[3] as Writable
    // The process may exit before it is released; the `exit` event reports that.
    gate.on('error', () => undefined)
    return { child: child as ChildProcess & { pid: number }, release: () => gate.end('go\n') }
  } finally {
    closeSync(log)
  }
}

/** A port that is free now and not in `claimed`, preferably `wanted`. It is added to `claimed`. */
export async function claimPort(claimed: Set<number>, wanted: number | null): Promise<number> {
  for (let candidate = wanted ?? 0; ; candidate = 0) {
    const port = await freePort(candidate).catch((error: unknown) => {
      if (candidate === 0) throw error
    })
    if (port === undefined || claimed.has(port)) continue
    claimed.add(port)
    return port
  }
}

function codeServerArguments({ port, password, workspace }: LaunchOptions): string[] {
  const auth = password === null ? 'none' : 'password'
  return ['--bind-addr', `127.0.0.1:${port}`, '--auth', auth, '--disable-telemetry', workspace]
}

function environment({ path, home, password }: LaunchOptions): Record<string, string> {
  const basic = { PATH: path, HOME: home, LANG: 'C.UTF-8', TERM: 'xterm-256color' }
  return password === null ? basic : { ...basic, PASSWORD: password }
}

async function freePort(candidate: number): Promise<number> {
  const server = createServer().listen(candidate, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
