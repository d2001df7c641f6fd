import { execFile } from 'node:child_process'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { nodeIdIn } from '../../server/db/node-id.ts'
import { startApp, type TestApp } from './app.ts'
import { testImage } from './docker.ts'
import { removeNetworks } from './docker-networks.ts'

const execute = promisify(execFile)

/** Runs the docker command. @returns what it prints */
export async function docker(...args: string[]): Promise<string> {
  return (await execute('docker', args)).stdout.trim()
}

/** A server on the real Docker engine, with tiny sandboxes. Its containers and volumes are deleted after the test. */
export async function startDockerApp(
  variables: Record<string, string> = {},
  options: { dir?: string; dashboard?: 'built' } = {},
): Promise<TestApp> {
  const app = await startApp(
    { THON_ENGINE: 'docker', SANDBOX_IMAGE: testImage, THON_READY_SECONDS: '20', SANDBOX_MEMORY: '64m', ...variables },
    options,
  )
  // Read now, because a test may move the database.
  const node = await nodeOf(app.dir)
  onTestFinished(async () => {
    // While the server runs, it sets its firewall rules again.
    await app.close()
    await removeAll(node)
  })
  return app
}

/** The label that this server's containers have. */
export async function nodeOf(dir: string): Promise<string> {
  return (await nodeIdIn(join(dir, 'thon.db'))) ?? 'none'
}

/** Ids of a server's containers, running or not. */
export async function containersOf(dir: string): Promise<string[]> {
  const ids = await docker('ps', '-aq', '--no-trunc', '--filter', `label=thon.node=${await nodeOf(dir)}`)
  return ids ? ids.split('\n') : []
}

/** Deletes everything of a server: containers, volumes and networks. */
export async function removeAll(node: string): Promise<void> {
  const ids = await docker('ps', '-aq', '--filter', `label=thon.node=${node}`)
  const volumes = new Set<string>()
  for (const id of ids ? ids.split('\n') : []) {
    // A container that THON was removing when it ended may be gone by now.
    const inspected = await docker('inspect', '--format', '{{json .Mounts}}', id).catch(unlessGone)
    for (const { Name } of JSON.parse(inspected ?? '[]') as { Name?: string }[]) if (Name) volumes.add(Name)
    await docker('rm', '-f', id).catch(unlessGone)
  }
  for (const label of [`thon.node=${node}`, `thon.claim=${node}`]) {
    const labeled = await docker('volume', 'ls', '-q', '--filter', `label=${label}`)
    for (const name of labeled.split('\n').filter(Boolean)) volumes.add(name)
  }
  for (const volume of volumes) await docker('volume', 'rm', volume).catch(() => undefined)
  await removeNetworks(node)
}

/** @throws every failure but the one that there is no such container */
function unlessGone(error: unknown): undefined {
  if (!/No such (object|container)|already in progress/.test(String(error))) throw error
}

/** A connection to the Docker engine that a test can cut and mend. */
export class DockerLink {
  readonly path: string
  #server: Server | null = null
  readonly #sockets = new Set<Socket>()

  constructor(path: string) {
    this.path = path
  }

  async mend(): Promise<void> {
    const server = createServer((near) => {
      const far = connect('/var/run/docker.sock')
      for (const one of [near, far]) {
        this.#sockets.add(one)
        one.on('error', () => undefined).on('close', () => this.#sockets.delete(one))
      }
      near.pipe(far).pipe(near)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.path, resolve))
  }

  async cut(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = null
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
