import Docker from 'dockerode'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack, type Header } from 'tar-stream'
import { install, mayInstall } from './debian.ts'

/** An image whose code-server answers within a tenth of a second; its variants have `-crash`, `-hang`, `-oom`, `-nocmd`. */
export const testImage = 'thon-sandbox:test'

/** An image whose code-server streams bytes and echoes them, to measure the way to it. */
export const benchImage = `${testImage}-bench`

const SOURCES = join(import.meta.dirname, '../../sandbox/tiny')
const HASH_LABEL = 'thon.test.hash'
/** Part of every Debian (perl-base is essential), and of nearly every other Linux. */
const PERL = '/usr/bin/perl'
/** The image's user, as in the real images. */
const CODER = { uid: 1000, gid: 1000 }

/** Builds the test images that the engine lacks, or has from other sources. @throws when the engine refuses */
export async function ensureTestImages(): Promise<void> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' })
  const program = busybox()
  const variants: [string, string | null][] = [
    [testImage, 'code-server'],
    [`${testImage}-crash`, 'crash/code-server'],
    [`${testImage}-hang`, 'hang/code-server'],
    [`${testImage}-oom`, 'oom/code-server'],
    [`${testImage}-nocmd`, null],
    [benchImage, 'bench/code-server'],
  ]
  for (const [image, script] of variants) await ensureImage(docker, image, program, script)
}

async function ensureImage(docker: Docker, image: string, program: Buffer, script: string | null): Promise<void> {
  const tar = await rootFs(program, script)
  const hash = createHash('sha256').update(tar).digest('hex')
  const existing = await docker
    .getImage(image)
    .inspect()
    .catch(() => null)
  if (existing?.Config.Labels[HASH_LABEL] === hash) return
  const [repo, tag] = image.split(':')
  const changes = ['USER coder', 'ENV HOME=/home/coder', 'WORKDIR /workspace', `LABEL ${HASH_LABEL}=${hash}`]
  // Docker takes instructions of a Dockerfile here, so neither a build nor a base image is needed.
  const stream = await docker.importImage(tar as unknown as NodeJS.ReadableStream, { repo, tag, changes })
  const answer = (await buffer(stream)).toString()
  if (answer.includes('"error"')) throw new Error(`Docker did not import ${image}: ${answer}`)
}

/** The whole file system of one image, as a tar that is equal for equal sources. */
async function rootFs(program: Buffer, script: string | null): Promise<Buffer> {
  const tar = pack()
  const mtime = new Date(0)
  const add = (name: string, rest: Partial<Header>, content?: Buffer | string) => {
    if (content === undefined) tar.entry({ name, mtime, ...rest })
    else tar.entry({ name, mtime, mode: 0o755, ...rest }, content)
  }
  const folder = (name: string, rest: Partial<Header> = {}) => add(name, { type: 'directory', mode: 0o755, ...rest })
  for (const name of ['bin', 'etc', 'home', 'usr', 'usr/bin']) folder(name)
  folder('tmp', { mode: 0o1777 })
  folder('workspace', CODER)
  folder('home/coder', CODER)
  add('bin/busybox', {}, program)
  for (const name of COMMANDS) add(`bin/${name}`, { type: 'symlink', linkname: 'busybox' })
  add('etc/passwd', { mode: 0o644 }, 'root:x:0:0::/:/bin/sh\ncoder:x:1000:1000::/home/coder:/bin/sh\n')
  add('etc/group', { mode: 0o644 }, 'root:x:0:\ncoder:x:1000:\n')
  if (script) add('usr/bin/code-server', {}, source(script))
  if (script === 'code-server' || script === 'bench/code-server')
    for (const [path, content] of perl()) add(path, {}, content)
  tar.finalize()
  return buffer(tar)
}

/** Names by which the scripts and the tests call busybox. */
const COMMANDS = 'sh cat echo id kill ls mkdir ps sleep stat tail touch'.split(' ')

function source(name: string): Buffer {
  return readFileSync(join(SOURCES, name))
}

/** This machine's perl and the libraries it needs, by their paths in the image. @throws when it is not installed */
function perl(): [string, Buffer][] {
  const listing = execFileSync('ldd', [PERL], { encoding: 'utf8' })
  const libraries = listing.match(/\/\S+/g) ?? []
  return [PERL, ...libraries].map((path) => [path.slice(1), readFileSync(path)])
}

/** The static busybox of this machine, installed if needed. @throws saying what to install */
function busybox(): Buffer {
  const found = findBusybox()
  if (found) return found
  if (mayInstall()) install(['busybox-static'])
  const installed = findBusybox()
  if (!installed) throw new Error('The test images need a static busybox: `apt-get install busybox-static`.')
  return installed
}

function findBusybox(): Buffer | null {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if (!existsSync(path)) continue
    const program = readFileSync(path)
    // A program that needs a loader names it in its first kilobytes. The image has no loader.
    if (!program.subarray(0, 4096).includes('/ld-')) return program
  }
  return null
}
