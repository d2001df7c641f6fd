import fs from 'node:fs'
import { onTestFinished, vi } from 'vitest'

/** What the server logs while a test runs. A logged error that the test does not expect fails the test. */
export class Logged {
  readonly lines: string[] = []
  #expected: RegExp | null = null

  /** Captures the log until the test is over. */
  static listen(): Logged {
    const logged = new Logged()
    const write = fs.write.bind(fs) as (...args: unknown[]) => void
    // Pino's destination calls write(descriptor, text, encoding, callback).
    const spy = vi.spyOn(fs, 'write').mockImplementation((fd: number, data: unknown, ...rest: unknown[]) => {
      const line = String(data)
      if (fd !== 2 || !line.startsWith('{')) {
        write(fd, data, ...rest)
        return
      }
      logged.lines.push(line)
      const done = rest.at(-1) as (error: null, written: number) => void
      process.nextTick(done, null, Buffer.byteLength(line))
    })
    onTestFinished(() => {
      spy.mockRestore()
      const unexpected = logged.lines.filter((line) => !logged.#expected?.test(line))
      if (unexpected.length > 0) throw new Error(`the server logged an error:\n${unexpected.join('')}`)
    })
    return logged
  }

  /** Lines that match do not fail the test. */
  expect(pattern: RegExp): void {
    this.#expected = pattern
  }
}
