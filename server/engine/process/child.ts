import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** Exit code of the built-in page when its port is taken. */
export const PORT_TAKEN = 98

/** What a sandbox's process is started with. */
export interface LaunchOptions {
  /** Where `code-server` is looked for, and the sandbox's own PATH. */
  path: string
  workspace: string
  home: string
  /** Port on 127.0.0.1. */
  port: number
  password: string | null
  /** File its output is added to. */
  log: string
}

/** The first `code-server` on a PATH that can be run, or null. */
export function findCodeServer(path: string): string | null {
  const candidates = path
    .split(delimiter)
    .filter(isAbsolute)
    .map((dir) => join(dir, 'code-server'))
  return candidates.find(isProgram) ?? null
}

/** Waits at a pipe for one line before it becomes the program; without it, when the server was killed, it ends. */
const GATE = 'read -r go <&3 && unset PWD && exec "$@" 3<&-'

/** A started process that does nothing yet. */
export interface LaunchedProcess {
  child: ChildProcess & { pid: number }
  /** Lets it become the sandbox. Call it once its pid is written down. */
  release: () => void
}

/**
 * Starts the sandbox's process, in a session of its own so that it outlives a killed server, and holds it until `go`: so
 * there is no moment at which a killed server leaves a sandbox that no record tells of. It never gets our environment,
 * which holds THON's secrets. Rejects when the system cannot start it.
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
    // It may have ended before it was let go; its exit tells of that.
    gate.on('error', () => undefined)
    return { child: child as ChildProcess & { pid: number }, release: () => gate.end('go\n') }
  } finally {
    closeSync(log)
  }
}

/** A port that is free now, `wanted` if that is, and in nobody's `claimed`; it is added there. */
export async function claimPort(claimed: Set<number>, wanted: number | null): Promise<number> {
  for (let wish = wanted ?? 0; ; wish = 0) {
    const port = await freePort(wish).catch((error) => {
      if (wish === 0) throw error
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

async function freePort(wish: number): Promise<number> {
  const server = createServer().listen(wish, '127.0.0.1')
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
