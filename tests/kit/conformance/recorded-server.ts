import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { Captures } from './captures.ts'
import { compareJson, type Expected } from './compare.ts'
import { parseJson } from './json.ts'
import type { Call, Reply } from './scenario.ts'

/** Plays an outside server: answers calls as recorded, and remembers them. Ends with the test. */
export class RecordedServer {
  readonly url: string
  #replies: Reply[] = []
  #calls: Call[] = []

  private constructor(url: string) {
    this.url = url
  }

  /** Starts one on a free port. */
  static async start(): Promise<RecordedServer> {
    const serving: Server = createServer()
    serving.listen(0, '127.0.0.1')
    await once(serving, 'listening')
    const played = new RecordedServer(`http://127.0.0.1:${(serving.address() as AddressInfo).port}`)
    serving.on('request', (incoming, outgoing) => void played.#serve(incoming, outgoing))
    onTestFinished(() => {
      serving.closeAllConnections()
      serving.close()
    })
    return played
  }

  /** What to answer from now on: each reply once, to the next call of its path. */
  play(replies: Reply[]): void {
    this.#replies = [...replies]
  }

  /** The calls that came since this was last asked, in their order. */
  taken(): Call[] {
    const calls = this.#calls
    this.#calls = []
    return calls
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = incoming
    const raw = await text(incoming)
    const headers = Object.fromEntries(
      Object.entries(incoming.headersDistinct).map(([name, all]) => [name, String(all)]),
    )
    this.#calls.push({ method, path, headers, body: raw === '' ? null : valueOf(raw), body_raw: raw || null })
    const at = this.#replies.findIndex((reply) => reply.path === path)
    const [reply] = at < 0 ? [] : this.#replies.splice(at, 1)
    // No reply that somebody may take for an outside server's own.
    if (!reply) return void outgoing.writeHead(501).end(`no reply is recorded for ${method} ${path}`)
    const type = typeof valueOf(reply.body) === 'object' ? 'application/json' : 'text/plain'
    outgoing.writeHead(reply.status, { 'Content-Type': type }).end(reply.body)
  }
}

/**
 * Every way in which calls to an outside server are not the recorded ones: methods, paths, bodies and the recorded headers.
 * Headers that were not recorded are free, and so is what a client says of itself.
 */
export function compareCalls(
  wanted: Call[],
  got: Call[],
  marks: Pick<Expected, 'kinds' | 'refs'> = { kinds: {}, refs: {} },
  captures = new Captures(),
): string[] {
  const recorded = wanted.map((one) => essence(one, Object.keys(one.headers)))
  const made = got.map((one, at) => essence(one, Object.keys(wanted[at]?.headers ?? {})))
  return compareJson(recorded, made, marks, captures)
}

function essence({ method, path, headers, body }: Call, names: string[]): object {
  const counted = names.filter((name) => name !== 'user-agent' && headers[name] !== undefined)
  return { method, path, headers: Object.fromEntries(counted.map((name) => [name, headers[name]])), body: body ?? null }
}

function valueOf(raw: string): unknown {
  try {
    return parseJson(raw)
  } catch {
    return raw
  }
}
