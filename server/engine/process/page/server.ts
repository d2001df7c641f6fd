import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { isOurHost, isOurOrigin, type Access } from './access.ts'
import { FileError, MAX_BYTES, type Files } from './files.ts'

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  'X-Content-Type-Options': 'nosniff',
  // With no-referrer, browsers would also hide the origin of the login form.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}
const ASSETS: Record<string, { file: string; type: string }> = {
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
}
const HTML = 'text/html; charset=utf-8'
/** JSON escapes may make a text six times longer. The limit for files is enforced when they are saved. */
const MAX_BODY = MAX_BYTES * 6 + 4096
/** Someone is working if there was a request within this time. code-server uses the same. */
const ALIVE_MS = 60_000

interface EditorRequest {
  path?: unknown
  to?: unknown
  content?: unknown
  version?: unknown
}

/** The editor's HTTP server, not listening yet. */
export function createPage(files: Files, access: Access): Server {
  let heartbeat = Date.now()
  return createServer((request, response) => {
    void (async () => {
      try {
        const url = new URL(`http://page${request.url ?? '/'}`)
        if (url.pathname === '/healthz') {
          sendHealth(response, heartbeat)
          return
        }
        heartbeat = Date.now()
        await serve(request, response, url, files, access)
      } catch (error) {
        sendError(response, error)
      }
    })()
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, url: URL, files: Files, access: Access) {
  if (!isOurHost(request)) throw new FileError(403, 'The editor does not answer to this host name.')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead && !isOurOrigin(request)) throw new FileError(403, 'This request comes from another page.')
  const asset = ASSETS[url.pathname]
  if (isRead && asset) send(response, 200, asset.type, readAsset(asset.file))
  else if (url.pathname === '/login') await logIn(request, response, access)
  else if (!access.allows(request)) {
    if (url.pathname !== '/') throw new FileError(401, 'Log in first.')
    redirect(response, './login')
  } else if (isRead && url.pathname === '/') send(response, 200, HTML, readAsset('page.html'))
  else sendJson(response, 200, await act(request, url, files))
}

async function act(request: IncomingMessage, url: URL, files: Files): Promise<unknown> {
  const path = url.searchParams.get('path') ?? ''
  if (request.method === 'GET' && url.pathname === '/api/list') return files.list(path)
  if (request.method === 'GET' && url.pathname === '/api/file') return files.read(path)
  if (request.method !== 'POST') throw new FileError(404, 'This page does not exist.')
  const body = await readJson(request)
  switch (url.pathname) {
    case '/api/save': {
      const version = body.version === null ? null : string(body.version)
      return { version: await files.write(string(body.path), string(body.content), version) }
    }
    case '/api/folder':
      await files.createFolder(string(body.path))
      return {}
    case '/api/rename':
      await files.rename(string(body.path), string(body.to))
      return {}
    case '/api/delete':
      await files.delete(string(body.path))
      return {}
    default:
      throw new FileError(404, 'This page does not exist.')
  }
}

async function logIn(request: IncomingMessage, response: ServerResponse, access: Access): Promise<void> {
  if (access.allows(request)) {
    redirect(response, './')
    return
  }
  if (request.method !== 'POST') {
    sendLogin(response, 200, '')
    return
  }
  const password = new URLSearchParams(await readBody(request, 4096)).get('password') ?? ''
  const result = access.logIn(password)
  if (result === 'busy') sendLogin(response, 429, 'Too many wrong passwords. Wait a minute, then try again.')
  else if (result === 'wrong') sendLogin(response, 401, 'Wrong password. Try again.')
  else {
    response.setHeader('Set-Cookie', result.cookie)
    redirect(response, './')
  }
}

async function readJson(request: IncomingMessage): Promise<EditorRequest> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new FileError(415, 'Send JSON.')
  try {
    return Object(JSON.parse(await readBody(request, MAX_BODY))) as EditorRequest
  } catch (error) {
    throw error instanceof SyntaxError ? new FileError(400, 'The request is not valid JSON.') : error
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<string> {
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) request.destroy()
  })
  return text(request)
}

function string(value: unknown): string {
  if (typeof value === 'string') return value
  throw new FileError(400, 'The request lacks a field.')
}

function sendHealth(response: ServerResponse, heartbeat: number): void {
  sendJson(response, 200, { status: Date.now() - heartbeat < ALIVE_MS ? 'alive' : 'expired', lastHeartbeat: heartbeat })
}

function sendLogin(response: ServerResponse, status: number, message: string): void {
  send(response, status, HTML, readAsset('login.html').replace('<!-- message -->', message))
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const { status, message } = error instanceof FileError ? error : toFileError(error as NodeJS.ErrnoException)
  sendJson(response, status, { error: message })
}

function toFileError(error: NodeJS.ErrnoException): FileError {
  switch (error.code) {
    case 'ENOENT':
      return new FileError(404, 'It no longer exists.')
    case 'EEXIST':
      return new FileError(409, 'This name is taken. Choose another name.')
    case 'EACCES':
    case 'EPERM':
      return new FileError(403, 'You have no permission to do this.')
    case 'ENOSPC':
    case 'EDQUOT':
      return new FileError(507, 'The disk is full. Nothing was saved.')
    case 'ERR_INVALID_URL':
    case 'ENOTDIR':
    case 'EINVAL':
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return new FileError(400, 'This name cannot be used here. Choose another name.')
    default:
      console.error(error)
      return new FileError(500, 'Something went wrong. Try again.')
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body))
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(302, { ...HEADERS, Location: to }).end()
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': type }).end(body)
}

function readAsset(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}
