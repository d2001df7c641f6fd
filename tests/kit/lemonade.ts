import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExternalServer, type ExternalReply, type RecordedRequest } from './external-server.ts'

/** One request to the real server, and its response. */
export interface Recording {
  request: { method: string; path: string }
  response: { status: number; content_type: string; body: unknown }
}

/** A recording, by its name in `tests/fixtures/lemonade`. */
export function recording(name: string): Recording {
  const file = join(import.meta.dirname, '..', 'fixtures', 'lemonade', `${name}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Recording
}

/** A response of the real server, as a reply of a stand-in. */
export function recorded(name: string): NonNullable<ExternalReply> {
  const { response } = recording(name)
  return { status: response.status, body: response.body, headers: { 'Content-Type': response.content_type } }
}

/** A Lemonade that answers as recorded. */
export class LemonadeStandIn {
  /** The reply to each path, without its query. */
  readonly replies = new Map<string, ExternalReply | ((request: RecordedRequest) => ExternalReply)>()
  readonly server: ExternalServer

  private constructor(server: ExternalServer) {
    this.server = server
  }

  /** Starts one with a model loaded; it stops with the test. @param key the only key it accepts */
  static async start(key?: string): Promise<LemonadeStandIn> {
    const server = await ExternalServer.start((taken) => {
      if (key !== undefined && taken.headers.authorization !== `Bearer ${key}`)
        return { status: 401, body: { error: 'Invalid or missing API key' } }
      const reply = standIn.replies.get(taken.path.split('?')[0] as string)
      if (reply === undefined) return { status: 404, body: { error: { message: 'Not found', type: 'not_found' } } }
      return typeof reply === 'function' ? reply(taken) : reply
    })
    const standIn = new LemonadeStandIn(server)
    standIn.plays({
      '/v1/health': 'health-loaded',
      '/v1/stats': 'stats-after-chat',
      '/v1/system-stats': 'system-stats',
      '/v1/system-info': 'system-info',
      '/v1/models': 'models-two',
      '/v1/slots': 'slots-two',
    })
    standIn.replies.set('/v1/downloads', { body: [] })
    return standIn
  }

  /** The environment of a THON that connects to it. */
  get environment(): Record<string, string> {
    return { LEMONADE_PORT: String(this.server.port) }
  }

  /** Replies to these paths with these recordings from now on. */
  plays(recordings: Record<string, string>): void {
    for (const [path, name] of Object.entries(recordings)) this.replies.set(path, recorded(name))
  }
}
