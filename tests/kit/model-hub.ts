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

/** The content of files, by repository and name. */
type Files = Record<string, Record<string, Buffer>>

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
    const files: Files = {
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

  async #answer(files: Files, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'https://hub').pathname.slice(1).split('/').map(decodeURIComponent)
    const found = path[0] === 'api' ? this.#describe(files, path) : this.#find(files, path)
    if (!Array.isArray(found)) return this.#send(found, request, response)
    const [status, body] = found
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
  }

  #describe(files: Files, path: string[]): [status: number, body: object] {
    const name = path.slice(2, 4).join('/')
    const repository = path[1] === 'models' ? files[name] : undefined
    if (!repository) return [404, { error: 'Repository not found' }]
    const list = (key: string) => Object.entries(repository).map(([file, bytes]) => entry(key, file, bytes))
    if (path[4] === 'tree') return [200, list('path')]
    const facts = { id: name, modelId: name, sha: REVISION, tags: ['gguf'], pipeline_tag: 'text-generation' }
    return [200, { ...facts, siblings: list('rfilename') }]
  }

  #find(files: Files, path: string[]): Buffer | [status: number, body: object] {
    const repository = path.slice(0, 2).join('/')
    const bytes = path[2] === 'resolve' ? files[repository]?.[path.slice(4).join('/')] : undefined
    if (!bytes || repository.endsWith('gone-GGUF')) return [404, { error: 'Entry not found' }]
    return repository.endsWith('broken-GGUF') ? [500, { error: 'Internal Error' }] : bytes
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
