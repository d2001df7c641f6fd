import type { Readable } from 'node:stream'

/** The JSON values of a stream that holds one in every line; a line may come in any number of pieces. */
export async function* jsonLines(stream: Readable): AsyncGenerator<unknown> {
  stream.setEncoding('utf8')
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) yield JSON.parse(line)
  }
  if (rest.trim()) yield JSON.parse(rest)
}
