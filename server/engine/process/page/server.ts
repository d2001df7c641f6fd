import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { isOurHost, isOurOrigin, type Access } from './access.ts'
import { FileFault, MAX_BYTES, type Files } from './files.ts'

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  'X-Content-Type-Options': 'nosniff',
  // Not no-referrer: with that, browsers hide the origin of the login form from us too.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}
const ASSETS: Record<string, { file: string; type: string }> = {
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
}
const HTML = 'text/html; charset=utf-8'
/** Escaped for JSON, a text may grow sixfold at worst; the limit proper is that of the files. */
const MAX_BODY = MAX_BYTES * 6 + 4096
/** A heartbeat within this time means that somebody is at work; code-server uses the same. */
const ALIVE_MS = 60_000

interface Body {
  path?: unknown
  to?: unknown
  content?: unknown
  version?: unknown
}

/** The page's HTTP server, not listening yet. */
export function createPage(files: Files, access: Access): Server {
  let heartbeat = Date.now()
  return createServer(async (request, response) => {
    try {
      const url = new URL(`http://page${request.url ?? '/'}`)
      if (url.pathname === '/healthz') return health(response, heartbeat)
      heartbeat = Date.now()
      await serve(request, response, url, files, access)
    } catch (error) {
      sendFault(response, error)
    }
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, url: URL, files: Files, access: Access) {
  if (!isOurHost(request)) throw new FileFault(403, 'This host name is not served here.')
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (!reads && !isOurOrigin(request)) throw new FileFault(403, 'This request comes from another page.')
  const asset = ASSETS[url.pathname]
  if (reads && asset) return send(response, 200, asset.type, readAsset(asset.file))
  if (url.pathname === '/login') return logIn(request, response, access)
  if (!access.allows(request)) {
    if (url.pathname === '/') return redirect(response, './login')
    throw new FileFault(401, 'Log in first.')
  }
  if (reads && url.pathname === '/') return send(response, 200, HTML, readAsset('page.html'))
  sendJson(response, 200, await act(request, url, files))
}

async function act(request: IncomingMessage, url: URL, files: Files): Promise<unknown> {
  const path = url.searchParams.get('path') ?? ''
  if (request.method === 'GET' && url.pathname === '/api/list') return files.list(path)
  if (request.method === 'GET' && url.pathname === '/api/file') return files.read(path)
  if (request.method !== 'POST') throw new FileFault(404, 'There is nothing here.')
  const body = await readJson(request)
  switch (url.pathname) {
    case '/api/save':
      return {
        version: await files.write(
          string(body.path),
          string(body.content),
          body.version === null ? null : string(body.version),
        ),
      }
    case '/api/folder':
      return (await files.makeFolder(string(body.path))) ?? {}
    case '/api/rename':
      return (await files.rename(string(body.path), string(body.to))) ?? {}
    case '/api/delete':
      return (await files.delete(string(body.path))) ?? {}
    default:
      throw new FileFault(404, 'There is nothing here.')
  }
}

async function logIn(request: IncomingMessage, response: ServerResponse, access: Access): Promise<void> {
  if (access.allows(request)) return redirect(response, './')
  if (request.method !== 'POST') return sendLogin(response, 200, '')
  const password = new URLSearchParams(await readBody(request, 4096)).get('password') ?? ''
  const result = access.logIn(password)
  if (result === 'busy') return sendLogin(response, 429, 'Too many wrong passwords: wait a minute.')
  if (result === 'wrong') return sendLogin(response, 401, 'That is not the password.')
  response.setHeader('Set-Cookie', result.cookie)
  redirect(response, './')
}

async function readJson(request: IncomingMessage): Promise<Body> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) throw new FileFault(415, 'Send JSON.')
  try {
    return Object(JSON.parse(await readBody(request, MAX_BODY)))
  } catch (error) {
    throw error instanceof SyntaxError ? new FileFault(400, 'This is not JSON.') : error
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
  throw new FileFault(400, 'Something is missing in the request.')
}

function health(response: ServerResponse, heartbeat: number): void {
  sendJson(response, 200, { status: Date.now() - heartbeat < ALIVE_MS ? 'alive' : 'expired', lastHeartbeat: heartbeat })
}

function sendLogin(response: ServerResponse, status: number, message: string): void {
  send(response, status, HTML, readAsset('login.html').replace('<!-- message -->', message))
}

function sendFault(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, message } = error instanceof FileFault ? error : systemFault(error as NodeJS.ErrnoException)
  sendJson(response, status, { error: message })
}

function systemFault(error: NodeJS.ErrnoException): FileFault {
  switch (error.code) {
    case 'ENOENT':
      return new FileFault(404, 'It is not there any more.')
    case 'EEXIST':
      return new FileFault(409, 'There already is something with this name.')
    case 'EACCES':
    case 'EPERM':
      return new FileFault(403, 'This is not permitted.')
    case 'ENOSPC':
    case 'EDQUOT':
      return new FileFault(507, 'The disk is full: nothing was saved.')
    case 'ERR_INVALID_URL':
    case 'ENOTDIR':
    case 'EINVAL':
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return new FileFault(400, 'No file can have such a name here.')
    default:
      console.error(error)
      return new FileFault(500, 'This went wrong: see the log of the sandbox.')
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
