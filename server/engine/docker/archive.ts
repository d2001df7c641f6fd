import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { WITHIN, type DockerClient } from './client.ts'
import { statusOf } from './errors.ts'
import { EngineAway } from '../engine.ts'
import { tooLarge } from '../backup-path.ts'

/** What is at a path of a container. */
export type Found = 'folder' | 'file' | 'link' | 'other'

/** Bits of a mode as Go writes it. */
const FOLDER = 2 ** 31
const LINK = 2 ** 27
/** Folder, link, device, pipe, socket, character device, irregular. */
const NO_FILE = [31, 27, 26, 25, 24, 21, 19].map((bit) => 2 ** bit)

/** What is at this path; null when nothing is. A link at its end is not followed, those on the way are. */
export async function lookAt(client: DockerClient, ref: string, path: string): Promise<Found | null> {
  try {
    const answer = await client.stream(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).infoArchive({ path, abortSignal }),
    )
    answer.resume()
    return kindOf((answer as IncomingMessage).headers['x-docker-container-path-stat'])
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/**
 * The bytes of a file; null when there is none, or something else in its place.
 * @throws EngineRefused when it is larger than `most` bytes: participants write it, and it is held in memory
 */
export async function readFrom(client: DockerClient, ref: string, path: string, most: number): Promise<Buffer | null> {
  const tar = extract()
  const late = new EngineAway(`Docker at ${client.url} does not go on with reading ${path}.`)
  const timer = setTimeout(() => tar.destroy(late), WITHIN.act)
  try {
    const archive = await client.stream(WITHIN.act, (docker, abortSignal) =>
      docker.getContainer(ref).getArchive({ path, abortSignal }),
    )
    archive.on('error', (error) => tar.destroy(error))
    tar.on('close', () => archive.destroy())
    archive.pipe(tar)
    for await (const entry of tar) {
      const { type, size = 0 } = entry.header
      if (type !== 'file') return null
      if (size > most) throw tooLarge(path, most)
      return await buffer(entry)
    }
    return null
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  } finally {
    clearTimeout(timer)
    tar.destroy()
  }
}

function kindOf(header: string | string[] | undefined): Found {
  const { mode } = JSON.parse(Buffer.from(String(header), 'base64').toString()) as { mode: number }
  // Too large for the operators that work on bits.
  const has = (bit: number) => Math.floor(mode / bit) % 2 === 1
  if (has(FOLDER)) return 'folder'
  if (has(LINK)) return 'link'
  return NO_FILE.some(has) ? 'other' : 'file'
}
