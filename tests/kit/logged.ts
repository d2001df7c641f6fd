import fs from 'node:fs'
import { onTestFinished, vi } from 'vitest'

/**
 * What the server wrote to its log while a test ran. Whoever does not expect an error gets none: a test that logged one
 * fails, however green it looks.
 */
export class Logged {
  readonly lines: string[] = []
  #expected: RegExp | null = null

  /** Begins to listen, until the test ends. */
  static listen(): Logged {
    const logged = new Logged()
    const write = fs.write.bind(fs) as (...args: unknown[]) => void
    // As pino's destination writes: descriptor, text, encoding, callback.
    const spy = vi.spyOn(fs, 'write').mockImplementation(((fd: number, data: unknown, ...rest: unknown[]) => {
      const line = String(data)
      if (fd !== 2 || !line.startsWith('{')) return write(fd, data, ...rest)
      logged.lines.push(line)
      const done = rest.at(-1) as (error: null, written: number) => void
      process.nextTick(done, null, Buffer.byteLength(line))
    }) as unknown as typeof fs.write)
    onTestFinished(() => {
      spy.mockRestore()
      const surprise = logged.lines.filter((line) => !logged.#expected?.test(line))
      if (surprise.length > 0) throw new Error(`the server logged an error:\n${surprise.join('')}`)
    })
    return logged
  }

  /** Lines that match are no surprise. */
  expect(pattern: RegExp): void {
    this.#expected = pattern
  }
}
