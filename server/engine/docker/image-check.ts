import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { DockerClient, TIMEOUT_MS } from './client.ts'
import type { DockerConnection } from '../../config/env.ts'
import { statusOf } from './errors.ts'
import { DockerHost } from './host.ts'
import { readLog } from './logs.ts'
import { codeServer, confinedHostConfig } from './spec.ts'

/** Whether an image meets one of THON's expectations; `sandbox/README.md` lists them all. */
export interface ImageFinding {
  what: string
  ok: boolean
  /** Sandboxes also start without it. */
  optional: boolean
  /** What to do when it is missing. */
  advice: string
}

/** Prints a line for each expectation that is met. Plain sh, because the image may have nothing else. */
const SCRIPT = `
command -v code-server >/dev/null 2>&1 && echo code-server
[ "$(id -u)" != 0 ] && echo user
[ "$(id -un 2>/dev/null)" = vscode ] && [ "$(id -u)" = 1001 ] && echo vscode
[ -d /workspace ] && [ -w /workspace ] && echo workspace
mkdir -p /home/vscode/.config/thon-check 2>/dev/null && rmdir /home/vscode/.config/thon-check && echo home
for tool in git node python3; do command -v $tool >/dev/null 2>&1 && echo $tool; done
exit 0`

const EXPECTED: [line: string, what: string, optional: boolean, advice: string][] = [
  ['code-server', 'code-server is on the PATH', false, 'install code-server into it'],
  ['user', 'it does not run as root', false, 'end its Dockerfile with USER vscode'],
  ['workspace', '/workspace exists, and its user may write to it', false, 'create /workspace, owned by that user'],
  ['home', '/home/vscode belongs to its user', false, 'give the user the home /home/vscode'],
  ['vscode', 'its user is vscode with id 1001', true, 'files in volumes from another image may not be readable'],
  ['git', 'git', true, 'install git'],
  ['node', 'Node', true, 'install Node'],
  ['python3', 'Python', true, 'install Python 3'],
]

/** The port code-server listens on during the check. */
const PORT = 8443

export interface ImageCheckOptions {
  connection: DockerConnection
  image: string
  /** Whether code-server answers on a port of this machine. Waits as for a sandbox, and gives up when `exited` aborts. */
  answers: (hostPort: number, exited: AbortSignal) => Promise<boolean>
}

/**
 * Checks an image of this machine: what is in it, and whether its code-server answers. Each check runs a container and
 * removes it again.
 * @returns null when the image is not on this machine
 * @throws EngineUnavailable, EngineRefused when the image has no shell
 */
export async function checkImage({ connection, image, answers }: ImageCheckOptions): Promise<ImageFinding[] | null> {
  const client = new DockerClient(connection)
  try {
    if (!(await isPresent(client, image))) return null
    const printed = await runScript(client, image)
    const lines = new Set(printed.split('\n').map((line) => line.trim()))
    const findings = EXPECTED.map(([line, what, optional, advice]) => ({ what, ok: lines.has(line), optional, advice }))
    if (!lines.has('code-server')) return findings
    const problem = await codeServerProblem(client, image, answers)
    return [
      ...findings,
      { what: 'code-server answers /healthz', ok: problem === null, optional: false, advice: problem ?? '' },
    ]
  } finally {
    client.close()
  }
}

async function isPresent(client: DockerClient, image: string): Promise<boolean> {
  try {
    await client.request(TIMEOUT_MS.inspect, (docker) => docker.getImage(image).inspect())
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

/** What the script prints in a container without a network. */
function runScript(client: DockerClient, image: string): Promise<string> {
  return client.request(TIMEOUT_MS.create, async (docker) => {
    const out = new PassThrough()
    const printed = text(out)
    const [, container] = (await docker.run(image, ['-c', SCRIPT], [out, new PassThrough().resume()], {
      Entrypoint: ['sh'],
      Tty: false,
      HostConfig: { NetworkMode: 'none', AutoRemove: false },
    })) as [unknown, { remove(options: object): Promise<void> }]
    out.end()
    await container.remove({ force: true, v: true })
    return printed
  })
}

/** Runs code-server as in a sandbox with a password. @returns why it does not answer; null when it does */
async function codeServerProblem(
  client: DockerClient,
  image: string,
  answers: ImageCheckOptions['answers'],
): Promise<string | null> {
  const host = await new DockerHost(client).info()
  // Without THON's labels, so that a running server does not adopt it as a sandbox.
  const options = {
    Image: image,
    ...codeServer(PORT, randomUUID()),
    HostConfig: confinedHostConfig(PORT, host.hasSeccomp),
  }
  const { id } = await client.request(TIMEOUT_MS.create, (docker) => docker.createContainer(options))
  try {
    await client.request(TIMEOUT_MS.command, (docker) => docker.getContainer(id).start())
    const { NetworkSettings } = await client.request(TIMEOUT_MS.inspect, (docker) => docker.getContainer(id).inspect())
    const exited = new AbortController()
    // Also aborted when the container is removed below, and when the client is closed.
    const abort = () => exited.abort()
    void client.request(null, (docker, abortSignal) => docker.getContainer(id).wait({ abortSignal })).then(abort, abort)
    const hostPort = Number(NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort)
    if (hostPort && (await answers(hostPort, exited.signal))) return null
    const { State } = await client.request(TIMEOUT_MS.inspect, (docker) => docker.getContainer(id).inspect())
    const logs = await client.request(TIMEOUT_MS.inspect, (docker) =>
      docker.getContainer(id).logs({ stdout: true, stderr: true, tail: 1 }),
    )
    const last = readLog(logs).trim().split('\n').at(-1) ?? ''
    const how = State.Running ? 'it did not answer in time' : `it stopped with exit code ${State.ExitCode}`
    return `${how}${last && `; its last log line: ${last}`}`
  } finally {
    await client.request(TIMEOUT_MS.command, (docker) => docker.getContainer(id).remove({ force: true, v: true }))
  }
}
