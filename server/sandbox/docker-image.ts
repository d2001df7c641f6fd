import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { DockerClient, WITHIN } from './docker-client.ts'
import type { DockerConnection } from './docker-connection.ts'

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

/**
 * Looks into an image that is on this machine, by a container of it without a network that is removed again.
 * @returns null when it is not on this machine
 * @throws EngineAway, EngineRefused when the image has no shell
 */
export async function checkImage(connection: DockerConnection, image: string): Promise<ImageFinding[] | null> {
  const client = new DockerClient(connection)
  try {
    const present = await client.ask(WITHIN.look, (docker) => docker.getImage(image).inspect()).catch(() => null)
    if (!present) return null
    const said = await client.ask(WITHIN.make, async (docker) => {
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
    const lines = new Set(said.split('\n').map((line) => line.trim()))
    return EXPECTED.map(([line, what, optional, advice]) => ({ what, ok: lines.has(line), optional, advice }))
  } finally {
    client.close()
  }
}
