import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyPair } from './certificates.ts'
import { tinyModel } from './tiny-model.ts'

/** Bytes sent between two pauses. */
const CHUNK = 256 * 1024
const REVISION = '0123456789abcdef0123456789abcdef01234567'

/**
 * A model hub on loopback with the part of Hugging Face's API that Lemonade's pull uses, https://huggingface.co/docs/hub/api.
 * `tinyorg/tiny-GGUF` works, with a small and a large variant. Files of `tinyorg/broken-GGUF` answer 500, those of
 * `tinyorg/gone-GGUF` 404.
 */
export class ModelHub {
  readonly url: string
  /** Milliseconds between 256 KiB of a file. */
  pause = 0
  readonly #close: () => void

  private constructor(url: string, close: () => void) {
    this.url = url
    this.#close = close
  }

  /** Starts one. @param pair its certificate and key; Lemonade has to trust it */
  static async start(pair: KeyPair): Promise<ModelHub> {
    const small = tinyModel()
    const files: Record<string, Record<string, Buffer>> = {
      'tinyorg/tiny-GGUF': {
        'tiny-Q4_K_M.gguf': small,
        'tiny-Q8_0.gguf': Buffer.concat([small, Buffer.alloc(24 * 1024 * 1024)]),
      },
      'tinyorg/broken-GGUF': { 'broken-Q4_K_M.gguf': small },
      'tinyorg/gone-GGUF': { 'gone-Q4_K_M.gguf': small },
    }
    const server = createServer(pair, (request, response) => void hub.#answer(files, request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const hub = new ModelHub(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, () => {
      server.close()
      server.closeAllConnections()
    })
    return hub
  }

  close(): void {
    this.#close()
  }

  async #answer(
    files: Record<string, Record<string, Buffer>>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = new URL(request.url ?? '/', 'https://hub').pathname.slice(1).split('/').map(decodeURIComponent)
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
    }
    if (path[0] === 'api' && path[1] === 'models') {
      const name = path.slice(2, 4).join('/')
      const repository = files[name]
      if (!repository) return json(404, { error: 'Repository not found' })
      const list = (key: string) => Object.entries(repository).map(([file, bytes]) => entry(key, file, bytes))
      if (path[4] === 'tree') return json(200, list('path'))
      const facts = { id: name, modelId: name, sha: REVISION, tags: ['gguf'], pipeline_tag: 'text-generation' }
      return json(200, { ...facts, siblings: list('rfilename') })
    }
    const repository = path.slice(0, 2).join('/')
    const bytes = path[2] === 'resolve' ? files[repository]?.[path.slice(4).join('/')] : undefined
    if (!bytes || repository.endsWith('gone-GGUF')) return json(404, { error: 'Entry not found' })
    if (repository.endsWith('broken-GGUF')) return json(500, { error: 'Internal Error' })
    await this.#send(bytes, request, response)
  }

  async #send(bytes: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const from = Number(/^bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const rest = bytes.subarray(from)
    response.writeHead(request.headers.range ? 206 : 200, {
      ...{ 'Content-Type': 'application/octet-stream', 'Content-Length': rest.length, 'Accept-Ranges': 'bytes' },
      ...{ ETag: `"${hash('sha256', bytes)}"`, 'X-Repo-Commit': REVISION },
      ...(request.headers.range && { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    })
    if (request.method === 'HEAD') return void response.end()
    for (let at = 0; at < rest.length && !response.destroyed; at += CHUNK) {
      response.write(rest.subarray(at, at + CHUNK))
      if (this.pause > 0) await sleep(this.pause)
    }
    response.end()
  }
}

function entry(key: string, file: string, bytes: Buffer): object {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  const sha256 = hash('sha256', bytes)
  return {
    ...{ [key]: file, size: bytes.length, [key === 'path' ? 'oid' : 'blobId']: oid },
    ...(key === 'path' && { type: 'file' }),
    lfs: { sha256, oid: sha256, size: bytes.length, pointerSize: 130 },
  }
}

function hash(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex')
}
