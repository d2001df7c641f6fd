import Docker from 'dockerode'
import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { DockerConnection } from '../../server/config/env.ts'
import { DockerEngine } from '../../server/engine/docker/engine.ts'
import type { SandboxSpec } from '../../server/engine/engine.ts'
import { ensureDocker, ensureTestImages, testImage } from './docker.ts'
import type { EngineHarness } from './engine-contract.ts'

/** Docker's own socket on this machine. */
export const here: DockerConnection = {
  host: 'unix:///var/run/docker.sock',
  tlsVerify: false,
  certPath: null,
  context: null,
  configDir: null,
}

/** The pool of the tests' networks: the same as the default of servers, which may run on the same machine. */
export const testPool = '10.208.0.0/12'

/** Docker itself, to check what the engine does. */
export const docker = new Docker({ socketPath: '/var/run/docker.sock' })

/** A DockerEngine of a unique node. `dispose` deletes its containers, volumes and networks. */
export async function dockerHarness(): Promise<EngineHarness & { engine: DockerEngine; node: string }> {
  await ensureDocker()
  await ensureTestImages()
  const node = `test-${randomUUID()}`
  const engine = new DockerEngine({ node, image: testImage, pool: testPool, connection: here })
  const volumes = new Set<string>()
  const spec = (overrides: Partial<SandboxSpec> = {}): SandboxSpec => {
    const spec = { ...anySpec(), ...overrides }
    volumes.add(spec.volume)
    return spec
  }
  const dispose = async () => {
    // By label: `list` also has sandboxes without a node, which may belong to others.
    const ours = await docker.listContainers({ all: true, filters: { label: [`thon.node=${node}`] } })
    for (const { Id } of ours) await engine.remove(Id)
    for (const volume of volumes) await engine.removeVolume(volume)
    await engine.removeUnusedNetworks()
    await engine.close()
  }
  return { engine, node, spec, dispose, killExternally, writeFile, readFile }
}

/** A spec of a new user, with limits that every machine can keep. */
export function anySpec(): SandboxSpec {
  const id = randomUUID()
  return {
    instanceId: id,
    group: 'Contract',
    username: `user.${id.slice(0, 8)}`,
    image: testImage,
    volume: `thon-test-${id}`,
    port: 8443,
    password: null,
    files: [],
    limits: { memoryBytes: 128 * 1024 * 1024, cpus: 1, pids: 64 },
  }
}

/** Runs a command in a container. @returns what it prints. @throws when it fails */
export async function run(ref: string, ...command: string[]): Promise<string> {
  const exec = await docker.getContainer(ref).exec({ Cmd: command, AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({})
  const [out, err] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, out, err)
  stream.on('close', () => (out.end(), err.end()))
  stream.on('end', () => (out.end(), err.end()))
  const [printed, failed] = await Promise.all([text(out), text(err)])
  const { ExitCode } = await exec.inspect()
  if (ExitCode !== 0) throw new Error(`${command.join(' ')} exited with ${ExitCode}: ${failed}`)
  return printed
}

async function killExternally(ref: string): Promise<void> {
  await docker.getContainer(ref).kill()
}

async function writeFile(ref: string, path: string, content: string): Promise<void> {
  await run(ref, 'sh', '-c', 'printf %s "$1" > "/workspace/$0"', path, content)
}

async function readFile(ref: string, path: string): Promise<string> {
  return run(ref, 'cat', `/workspace/${path}`)
}
