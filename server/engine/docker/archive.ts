import type { IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { TIMEOUT_MS, type DockerClient } from './client.ts'
import { statusOf } from './errors.ts'
import { EngineUnavailable } from '../engine.ts'
import { fileTooLarge } from '../backup-path.ts'

/** What is at a path of a container. */
export type EntryKind = 'folder' | 'file' | 'link' | 'other'

/** Bits of a mode as Go writes it. */
const FOLDER = 2 ** 31
const LINK = 2 ** 27
/** Folder, link, device, pipe, socket, character device, irregular. */
const NOT_A_FILE = [31, 27, 26, 25, 24, 21, 19].map((bit) => 2 ** bit)

/** What is at this path; null when it does not exist. Links on the way are followed, a link at the end is not. */
export async function entryKind(client: DockerClient, ref: string, path: string): Promise<EntryKind | null> {
  try {
    const answer = await client.stream(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).infoArchive({ path, abortSignal }),
    )
    answer.resume()
    const { headers } = answer as typeof answer & { headers: IncomingHttpHeaders }
    return kindOf(headers['x-docker-container-path-stat'])
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/**
 * The bytes of a file; null when it does not exist or is not a file.
 * @throws EngineRefused when it is larger than `maxBytes`: participants write it, and it is held in memory
 */
export async function readContainerFile(
  client: DockerClient,
  ref: string,
  path: string,
  maxBytes: number,
): Promise<Buffer | null> {
  const tar = extract()
  const stalled = new EngineUnavailable(`Docker at ${client.url} stopped sending ${path}. Try again.`)
  const timer = setTimeout(() => tar.destroy(stalled), TIMEOUT_MS.command)
  try {
    const archive = await client.stream(TIMEOUT_MS.command, (docker, abortSignal) =>
      docker.getContainer(ref).getArchive({ path, abortSignal }),
    )
    archive.on('error', (error) => tar.destroy(error))
    tar.on('close', () => archive.destroy())
    archive.pipe(tar)
    for await (const entry of tar) {
      const { type, size } = entry.header
      if (type !== 'file') return null
      if (size > maxBytes) throw fileTooLarge(path, maxBytes)
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

function kindOf(header: string | string[] | undefined): EntryKind {
  const { mode } = JSON.parse(Buffer.from(String(header), 'base64').toString()) as { mode: number }
  // Too large for bitwise operators.
  const has = (bit: number) => Math.floor(mode / bit) % 2 === 1
  if (has(FOLDER)) return 'folder'
  if (has(LINK)) return 'link'
  return NOT_A_FILE.some(has) ? 'other' : 'file'
}
