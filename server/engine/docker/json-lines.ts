import type { Readable } from 'node:stream'

/** The JSON values of a stream with one value per line. Lines may arrive in any number of pieces. */
export async function* jsonLines(stream: Readable): AsyncGenerator {
  stream.setEncoding('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) yield JSON.parse(line)
  }
  if (rest.trim()) yield JSON.parse(rest)
}
