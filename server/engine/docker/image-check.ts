import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { DockerClient, WITHIN } from './client.ts'
import type { DockerConnection } from '../../config/env.ts'
import { statusOf } from './errors.ts'
import { readLog } from './stats.ts'
import { codeServer, confined } from './spec.ts'

/** One thing that THON expects of an image: `sandbox/README.md` says them all. */
export interface ImageFinding {
  what: string
  ok: boolean
  /** Sandboxes come up without it, too. */
  optional: boolean
  /** What to do when it is not so. */
  advice: string
}

/** Says a line for each thing that is there. Plain sh: the image may have nothing else. */
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
  ['workspace', '/workspace is there, and its user may write to it', false, 'make /workspace, owned by that user'],
  ['home', '/home/vscode is its user’s', false, 'give the user the home /home/vscode'],
  ['vscode', 'its user is vscode with id 1001', true, 'files of volumes made with another image may not be readable'],
  ['git', 'git', true, 'install git'],
  ['node', 'Node', true, 'install Node'],
  ['python3', 'Python', true, 'install Python 3'],
]

/** The port code-server listens on while it is tried. */
const PORT = 8443

/** How an image is looked at. */
export interface ImageTrial {
  connection: DockerConnection
  image: string
  /** Whether code-server answers on a port of this machine, waited for as for a sandbox, and no longer than it runs. */
  answers: (hostPort: number, ended: AbortSignal) => Promise<boolean>
}

/**
 * Looks into an image that is on this machine, and has its code-server answer, each by a container that is removed again.
 * @returns null when it is not on this machine
 * @throws EngineAway, EngineRefused when the image has no shell
 */
export async function checkImage({ connection, image, answers }: ImageTrial): Promise<ImageFinding[] | null> {
  const client = new DockerClient(connection)
  try {
    if (!(await isPresent(client, image))) return null
    const said = await look(client, image)
    const lines = new Set(said.split('\n').map((line) => line.trim()))
    const found = EXPECTED.map(([line, what, optional, advice]) => ({ what, ok: lines.has(line), optional, advice }))
    if (!lines.has('code-server')) return found
    const fault = await trial(client, image, answers)
    return [
      ...found,
      { what: 'code-server answers /healthz', ok: fault === null, optional: false, advice: fault ?? '' },
    ]
  } finally {
    client.close()
  }
}

async function isPresent(client: DockerClient, image: string): Promise<boolean> {
  try {
    await client.ask(WITHIN.look, (docker) => docker.getImage(image).inspect())
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

/** What the script says in a container without a network. */
function look(client: DockerClient, image: string): Promise<string> {
  return client.ask(WITHIN.make, async (docker) => {
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

/** Runs code-server as in a sandbox of somebody with a password. @returns what is wrong and what to do; null when it answers */
async function trial(client: DockerClient, image: string, answers: ImageTrial['answers']): Promise<string | null> {
  // Without our labels: a server that runs would take it for somebody's sandbox.
  const options = { Image: image, ...codeServer(PORT, randomUUID()), HostConfig: confined(PORT) }
  const { id } = await client.ask(WITHIN.make, (docker) => docker.createContainer(options))
  try {
    await client.ask(WITHIN.act, (docker) => docker.getContainer(id).start())
    const { NetworkSettings } = await client.ask(WITHIN.look, (docker) => docker.getContainer(id).inspect())
    const ended = new AbortController()
    // Also when it is removed below, and when nobody waits any more.
    const end = () => ended.abort()
    void client.ask(null, (docker, abortSignal) => docker.getContainer(id).wait({ abortSignal })).then(end, end)
    const hostPort = Number(NetworkSettings.Ports[`${PORT}/tcp`]?.[0]?.HostPort)
    if (hostPort && (await answers(hostPort, ended.signal))) return null
    const { State } = await client.ask(WITHIN.look, (docker) => docker.getContainer(id).inspect())
    const logs = await client.ask(WITHIN.look, (docker) =>
      docker.getContainer(id).logs({ stdout: true, stderr: true, tail: 1 }),
    )
    const last = readLog(logs).trim().split('\n').at(-1) ?? ''
    const how = State.Running ? 'it did not answer in time' : `it ended with code ${State.ExitCode}`
    return `${how}${last && `, and said last: ${last}`}`
  } finally {
    await client.ask(WITHIN.act, (docker) => docker.getContainer(id).remove({ force: true, v: true }))
  }
}
