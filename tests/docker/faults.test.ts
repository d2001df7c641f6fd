import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import { EngineUnavailable, EngineRefused } from '../../server/engine/engine.ts'
import { ensureDocker, ensureTestImages, testImage } from '../kit/docker.ts'
import { anySpec, here, testPool } from '../kit/docker-harness.ts'
import { EngineWatch } from '../kit/engine-watch.ts'

/** An engine at this address, closed after the test. */
function engineAt(host: string, image = testImage): DockerEngine {
  const engine = new DockerEngine({ node: 'faults', image, pool: testPool, connection: { ...here, host } })
  onTestFinished(() => engine.close())
  return engine
}

/** A fresh path for a socket, deleted after the test. */
function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'thon-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'docker.sock')
}

async function listen(server: Server): Promise<string> {
  const path = socketPath()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return `unix://${path}`
}

/** A proxy to the real Docker, until it is cut. */
async function proxy(): Promise<{ host: string; cut: () => void }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect('/var/run/docker.sock')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => (client.destroy(), upstream.destroy()))
    }
    client.pipe(upstream).pipe(client)
  })
  const host = await listen(server)
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(cut)
  return { host, cut }
}

/** An engine whose Docker is this HTTP server. */
async function fake(answer: RequestListener): Promise<DockerEngine> {
  const server = createHttpServer(answer)
  onTestFinished(() => server.closeAllConnections())
  return engineAt(await listen(server))
}

describe('an unavailable Docker', () => {
  test.for([
    ['a missing socket', 'unix:///nowhere/docker.sock', /not running.*DOCKER_HOST/],
    ['a closed port', 'tcp://127.0.0.1:1', /not running.*DOCKER_HOST/],
    ['ssh', 'ssh://me@host', /cannot reach Docker over ssh/],
    ['nonsense', 'npipe:////./pipe/docker_engine', /not an address THON knows/],
  ] as const)('%s fails with EngineUnavailable and advice', async ([, host, message]) => {
    const engine = engineAt(host)
    for (const ask of [engine.info(), engine.list(), engine.start('x'), engine.events(AbortSignal.timeout(5_000))]) {
      await expect(ask).rejects.toThrow(EngineUnavailable)
      await expect(ask).rejects.toThrow(message)
    }
  })

  test('a socket that hangs up fails with EngineUnavailable', async () => {
    const host = await listen(createServer((socket) => socket.destroy()))
    await expect(engineAt(host).list()).rejects.toThrow(EngineUnavailable)
  })

  test('a proxy without an engine behind it fails with EngineUnavailable', async () => {
    const engine = await fake((_, response) => response.writeHead(503).end('no server is available'))
    await expect(engine.list()).rejects.toThrow(EngineUnavailable)
  })

  test('an engine that never answers fails with EngineUnavailable after the timeout', { timeout: 20_000 }, async () => {
    const engine = await fake(() => {})
    await expect(engine.info()).rejects.toThrow(/did not answer within 10 s/)
  })

  test(
    'an engine that stops in the middle of an answer fails with EngineUnavailable',
    { timeout: 20_000 },
    async () => {
      const engine = await fake((request, response) => {
        response.writeHead(200, { 'Content-Length': '100' })
        response.write('[')
        setTimeout(() => request.socket.destroy(), 50)
      })
      await expect(engine.list()).rejects.toThrow(EngineUnavailable)
    },
  )

  test('closing the engine fails waiting and later requests', async () => {
    const asked = Promise.withResolvers<void>()
    const engine = await fake(() => asked.resolve())
    const waiting = expect(engine.list()).rejects.toThrow(EngineUnavailable)
    await asked.promise
    await engine.close()
    await waiting
    await expect(engine.list()).rejects.toThrow(EngineUnavailable)
  })
})

describe('an event stream that breaks', () => {
  beforeAll(async () => {
    await ensureDocker()
    await ensureTestImages()
  }, 180_000)

  test('throws EngineUnavailable when the connection breaks', async () => {
    const { host, cut } = await proxy()
    const watch = await EngineWatch.open(engineAt(host))
    cut()
    expect(await watch.over).toBeInstanceOf(EngineUnavailable)
  })

  test('throws EngineUnavailable even before the first read', async () => {
    const { host, cut } = await proxy()
    const engine = engineAt(host)
    const stream = await engine.events(new AbortController().signal)
    cut()
    // Fails only after the break of the stream has arrived.
    await expect(engine.list()).rejects.toThrow(EngineUnavailable)
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(EngineUnavailable)
  })

  test('throws EngineUnavailable when Docker closes it cleanly', async () => {
    const engine = await fake((_, response) => {
      response.writeHead(200).flushHeaders()
      setTimeout(() => response.end(), 50)
    })
    expect(await (await EngineWatch.open(engine)).over).toBeInstanceOf(EngineUnavailable)
  })

  test('opens again when Docker is back', async () => {
    const path = socketPath()
    const engine = engineAt(`unix://${path}`)
    await expect(engine.events(new AbortController().signal)).rejects.toThrow(EngineUnavailable)
    const server = createServer((client) => void client.pipe(connect('/var/run/docker.sock')).pipe(client))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    const watch = await EngineWatch.open(engine)
    expect(await watch.stop()).toBeNull()
  })
})

describe('events that arrive in pieces', () => {
  test('are joined, in order for each container and independent of others', async () => {
    const line = (Action: string, ID: string) =>
      JSON.stringify({ Action, Actor: { ID, Attributes: { 'thon.instance': `of ${ID}` } } }) + '\n'
    const slow: (() => void)[] = []
    const engine = await fake((request, response) => {
      if (request.url?.startsWith('/events')) {
        response.writeHead(200).flushHeaders()
        const all =
          line('create', 'slow') + line('destroy', 'slow') + line('exec_start', 'quick') + line('start', 'quick')
        for (const [index, part] of (all.match(/.{1,40}/gs) ?? []).entries())
          setTimeout(() => response.write(part), index)
        return
      }
      const id = /containers\/(\w+)\/json/.exec(request.url ?? '')?.[1] ?? ''
      const send = () => response.end(JSON.stringify(inspected(id)))
      if (id === 'slow') slow.push(send)
      else send()
    })
    const watch = await EngineWatch.open(engine)
    await watch.until('quick', 'running')
    expect(watch.statuses('slow')).toEqual([])
    for (const send of slow) send()
    await watch.until('slow', null)
    expect(watch.statuses('slow')).toEqual(['running', null])
    expect(watch.events.filter(({ ref }) => ref === 'quick')).toHaveLength(1)
    await watch.stop()
  })
})

describe('a pull', () => {
  const layers = [
    { status: 'Pulling from x', id: 'latest' },
    { status: 'Downloading', id: 'a', progressDetail: { current: 500, total: 1000 } },
    { status: 'Downloading', id: 'b', progressDetail: { current: 0, total: 1000 } },
    { status: 'Download complete', id: 'a' },
    { status: 'Download complete', id: 'b' },
    { status: 'Pull complete', id: 'a' },
    { status: 'Pull complete', id: 'b' },
  ]

  /** A Docker that has no image until it is pulled. */
  function registry(lines: object[]): { answer: RequestListener; pulls: () => number } {
    let pulls = 0
    let isPulled = false
    const answer: RequestListener = (request, response) => {
      const url = request.url ?? ''
      if (url.startsWith('/info')) return response.end(JSON.stringify({ NCPU: 2 }))
      if (url.startsWith('/networks/')) return response.end(JSON.stringify({ Name: 'made' }))
      if (url.startsWith('/volumes')) return response.end(JSON.stringify({ Volumes: null }))
      if (url.startsWith('/containers/json')) return response.end('[]')
      if (url.startsWith('/images/create')) {
        pulls += 1
        isPulled = true
        expect(url).toContain('fromImage=x&tag=latest')
        return response.end(lines.map((entry) => JSON.stringify(entry)).join('\r\n'))
      }
      if (isPulled) return response.writeHead(201).end(JSON.stringify({ Id: 'made' }))
      return response.writeHead(404).end(JSON.stringify({ message: 'No such image: x:latest' }))
    }
    return { answer, pulls: () => pulls }
  }

  test('is shared by all callers, and its percentage never falls', async () => {
    const { answer, pulls } = registry(layers)
    const engine = await fake(answer)
    const progress: string[][] = [[], []]
    const create = (index: number) => engine.create({ ...anySpec(), image: 'x' }, (text) => progress[index]?.push(text))
    expect(await Promise.all([create(0), create(1)])).toEqual(['made', 'made'])
    expect(pulls()).toBe(1)
    for (const texts of progress) {
      const percents = texts.map((text) => Number(/^Pulling image (\d+) %$/.exec(text)?.[1]))
      expect(percents).toEqual(percents.toSorted((a, b) => a - b))
      expect(percents.at(-1)).toBe(100)
    }
  })

  test('that fails in the middle is refused with the reason', async () => {
    const { answer } = registry([...layers.slice(0, 3), { error: 'toomanyrequests: slow down.' }])
    const engine = await fake(answer)
    const create = engine.create({ ...anySpec(), image: 'x' }, () => {})
    await expect(create).rejects.toThrow(EngineRefused)
    await expect(create).rejects.toThrow('could not be pulled (toomanyrequests: slow down). Pull or build it')
  })
})

/** Docker's answer about a running container. */
function inspected(id: string): object {
  return {
    Id: id,
    State: { Status: 'running', ExitCode: 0, OOMKilled: false, StartedAt: '2026-01-01T00:00:00Z' },
    Config: { Image: 'x', Env: [], Labels: { 'thon.instance': `of ${id}`, 'thon.port': '8443' } },
    NetworkSettings: { Ports: {} },
    HostConfig: { Memory: 0 },
  }
}

describe('a seccomp profile', () => {
  /** A Docker that creates containers, and keeps their requests. */
  function creator(options: string[], refuses: boolean): { answer: RequestListener; bodies: string[] } {
    const bodies: string[] = []
    const answer: RequestListener = (request, response) => {
      const url = request.url ?? ''
      if (url.startsWith('/info')) return response.end(JSON.stringify({ NCPU: 2, SecurityOptions: options }))
      if (url.startsWith('/networks/')) return response.end(JSON.stringify({ Name: 'made' }))
      if (url.startsWith('/volumes')) return response.end(JSON.stringify({ Volumes: null }))
      if (url.startsWith('/containers/json')) return response.end('[]')
      void text(request).then((body) => {
        bodies.push(body)
        if (refuses && body.includes('seccomp='))
          return response.writeHead(500).end(JSON.stringify({ message: 'opening seccomp profile failed' }))
        return response.writeHead(201).end(JSON.stringify({ Id: 'made' }))
      })
    }
    return { answer, bodies }
  }

  test('is given to an engine that takes it', async () => {
    const { answer, bodies } = creator(['name=seccomp,profile=default'], false)
    const engine = await fake(answer)
    expect(await engine.create(anySpec(), () => {})).toBe('made')
    expect(bodies).toEqual([expect.stringContaining('seccomp=')])
    expect(engine.notices).toEqual([])
  })

  test.for([
    ['refuses it', ['name=seccomp,profile=default'], true, 2],
    ['has no seccomp', [], false, 1],
  ] as const)('is left out for an engine that %s, with a notice', async ([, options, refuses, requests]) => {
    const { answer, bodies } = creator([...options], refuses)
    const engine = await fake(answer)
    expect(await engine.create(anySpec(), () => {})).toBe('made')
    expect(bodies).toHaveLength(requests)
    expect(bodies.at(-1)).not.toContain('seccomp=')
    expect(engine.notices).toEqual([expect.stringContaining('takes no seccomp profile')])
    expect(await engine.create(anySpec(), () => {})).toBe('made')
    expect(bodies).toHaveLength(requests + 1)
  })
})
