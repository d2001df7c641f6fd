import type { Answer } from './send.ts'
import type { Step } from './scenario.ts'
import { valueAt } from './json.ts'

/** What was answered before and is used again: ids, mostly. */
export class Captures {
  readonly #values = new Map<string, string>()
  readonly #stands = new Map<string, string>()

  /** Takes what a step captures of its answer; what is not there stays unknown. */
  take(step: Step, answer: Answer): void {
    for (const [name, pointer] of Object.entries(step.capture)) {
      const value = valueAt(answer.body, pointer)
      if (typeof value === 'string' || typeof value === 'number') this.#values.set(name, String(value))
    }
    for (const [name, pattern] of Object.entries(step.capture_regex)) {
      const value = new RegExp(pattern).exec(answer.text)?.[1]
      if (value !== undefined) this.#values.set(name, value)
    }
  }

  /** Takes what ours has in a header; what is not there stays unknown. */
  takeHeader(name: string, { header, pattern }: { header: string; pattern: RegExp }, answer: Answer): void {
    const value = pattern.exec(answer.headers[header] ?? '')?.[1]
    if (value !== undefined) this.#values.set(name, value)
  }

  /** Lets a name mean what another means, which may be captured later. */
  stand(name: string, other: string): void {
    this.#stands.set(name, other)
  }

  /** A text with its `${names}` replaced; what is unknown stays as it is. */
  fill(text: string): string {
    return text.replace(NAME, (whole, name: string) => this.#get(name) ?? whole)
  }

  /** Names in a text that nothing was captured for. */
  unknown(text: string): string[] {
    return [...text.matchAll(NAME)].map(([, name]) => String(name)).filter((name) => this.#get(name) === undefined)
  }

  #get(name: string): string | undefined {
    return this.#values.get(this.#stands.get(name) ?? name)
  }
}

const NAME = /\$\{(\w+)\}/g
