import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** A separate Node process that answers one question at a time over IPC. Its first message says that it is ready. */
export class Child<Ready> {
  readonly #process: ChildProcess
  readonly ready: Ready

  private constructor(process: ChildProcess, ready: Ready) {
    this.#process = process
    this.ready = ready
  }

  /**
   * @param script absolute path of a file that calls `answer`
   * @param env added to this process's environment
   */
  static async start<Ready>(script: string, env: Record<string, string> = {}): Promise<Child<Ready>> {
    const process = fork(script, [], {
      env: { ...globalThis.process.env, ...env },
      execArgv: ['--expose-gc', '--max-semi-space-size=4'],
    })
    return new Child(process, await reply<Ready>(process, script))
  }

  get pid(): number {
    return this.#process.pid as number
  }

  async ask<Answer>(question: object): Promise<Answer> {
    const answer = reply<Answer>(this.#process, JSON.stringify(question))
    this.#process.send(question)
    return answer
  }

  /** Stops it with SIGTERM, and waits. */
  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await exited
  }
}

/** The child's side: sends `ready`, then the answer to each question. */
export function answer(ready: unknown, handle: (question: never) => unknown): void {
  process.on('message', (question) => {
    new Promise<unknown>((resolve) => resolve(handle(question as never))).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: String(error) }),
    )
  })
  // Without a parent there are no more questions.
  process.on('disconnect', () => process.exit(1))
  process.send?.({ value: ready })
}

/** Memory of a process in bytes, after garbage collection. */
export interface Memory {
  /** What the system has given to it. */
  resident: number
  /** What its objects use; the rest of the resident memory is V8's reserve. */
  inUse: number
}

/** Resident memory of a process in bytes, from Linux. */
export function residentOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

/** This process's memory, after several garbage collections. */
export async function settledMemory(): Promise<Memory> {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { resident: rss, inUse: heapUsed + external }
}

async function reply<T>(child: ChildProcess, question: string): Promise<T> {
  const waiting = new AbortController()
  const { signal } = waiting
  try {
    const [message] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => [{ error: `it exited with ${code}` }]),
    ])) as [{ value?: T; error?: string }]
    if (message.error) throw new Error(`${question}: ${message.error}`)
    return message.value as T
  } finally {
    waiting.abort()
  }
}
