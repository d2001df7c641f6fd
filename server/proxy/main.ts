/**
 * The proxy's process: `node main.ts <folder> [milliseconds]`. In the folder it and THON find each other; so long it waits for a THON. It starts with an empty environment,
 * becomes another user where THON is root, and outlives THON for a while, so that a restart leaves people's IDEs connected.
 */
import { chdir, exit } from 'node:process'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describeError } from '../core/errors.ts'
import { surviveFailures } from '../core/process-failures.ts'
import { Control } from './control.ts'
import { INTERNAL_SOCKET } from './folder.ts'
import type { Listening } from './listening.ts'
import type { Decision, FromProxy, Grace, ToProxy } from './protocol.ts'
import { ProxyServer } from './proxy-server.ts'
import { proxyVersion } from './version.ts'

/** How long the proxy waits for a THON to come back, in milliseconds. */
const ORPHAN_MS = Number(process.argv[3] ?? 60_000)
/** What a signal leaves: people's IDEs reconnect by themselves, downloads do not. */
const ON_SIGNAL: Grace = { socketsMs: 10_000, requestsMs: 600_000 }
/** What is left when no THON comes back. */
const ON_ORPHAN: Grace = { socketsMs: 0, requestsMs: 2_000 }

const folder = process.argv[2] as string
const version = proxyVersion()
const waiting = new Map<number, PromiseWithResolvers<Decision>>()
let lastId = 0
let thon: Control<ToProxy, FromProxy> | null = null
let listening: Listening | null = null
let ports: number[] = []
let draining = false
let orphan: NodeJS.Timeout

// By a path relative to here, another user reaches the socket as well, and it is never too long.
chdir(join(folder, 'in'))
const proxy = new ProxyServer({
  thonSocket: INTERNAL_SOCKET,
  report: (message) => thon?.send(message),
  authorize: (request) => {
    const answer = Promise.withResolvers<Decision>()
    const id = ++lastId
    waiting.set(id, answer)
    if (thon) thon.send({ kind: 'authorize', id, request })
    else answer.reject(new Error('THON is unavailable'))
    return answer.promise
  },
})
const control = createServer(welcome)
control.listen(join(folder, 'control.sock'))
waitForThon()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => drain(ON_SIGNAL))
// The terminal that THON was started from is closed.
process.on('SIGHUP', () => undefined)
surviveFailures((failure) => thon?.send({ kind: 'processFailed', failure }))

/** Takes the latest connection as THON: the one before has been cut off, and its end will be noticed later. */
function welcome(socket: Socket): void {
  const before = thon
  const current = new Control<ToProxy, FromProxy>(socket, obey)
  thon = current
  before?.close()
  clearTimeout(orphan)
  current.onClose(() => {
    if (thon !== current) return
    thon = null
    proxy.thonLeft()
    for (const answer of waiting.values()) answer.reject(new Error('THON is unavailable'))
    waiting.clear()
    waitForThon()
  })
  current.send({ kind: 'hello', pid: process.pid, version, listening, ports })
}

function obey(message: ToProxy): void {
  switch (message.kind) {
    case 'configure':
      proxy.configure(message)
      proxy.thonCame()
      break
    case 'listen':
      void listen(message.listening, message.ports)
      break
    case 'decision':
      waiting.get(message.id)?.resolve(message.decision)
      waiting.delete(message.id)
      break
    case 'invalidate':
      proxy.invalidate(message.access)
      break
    case 'drain':
      drain(message.grace)
  }
}

async function listen(wanted: Listening, before: readonly number[] | null): Promise<void> {
  try {
    ports = await proxy.listen(wanted, before)
    listening = wanted
    thon?.send({ kind: 'listening', ports, warning: becomeUser(wanted.user) })
  } catch (error) {
    thon?.send({ kind: 'failed', error: describeError(error) })
  }
}

/** Gives up root, now that the ports are taken. @returns what to tell organizers when that is not possible */
function becomeUser(user: Listening['user']): string | null {
  if (!user || !process.setgroups || !process.setgid || !process.setuid) return null
  try {
    process.setgroups([])
    process.setgid(user.gid)
    process.setuid(user.uid)
    return null
  } catch (error) {
    return `The proxy stays root, because it cannot become the user ${user.uid} (${describeError(error)}). Give THON the capabilities SETUID and SETGID.`
  }
}

/** Frees the ports, lets what is open come to its end, and ends. */
function drain(grace: Grace): void {
  if (draining) exit(0)
  draining = true
  // Nobody can find this proxy from now on. Its THON still decides, until all is done.
  control.close()
  const done = proxy.drain(grace)
  thon?.send({ kind: 'draining' })
  void done.finally(() => exit(0))
}

function waitForThon(): void {
  orphan = setTimeout(() => drain(ON_ORPHAN), ORPHAN_MS)
}
