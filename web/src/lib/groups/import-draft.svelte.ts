import { onDestroy } from 'svelte'
import type { Problem } from '#lib/graphql/errors.ts'
import { importGroups, LONGEST, type Fault, type Report } from './files.ts'

/** How long after the last key it is rehearsed. */
const PAUSE = 350

/** A groups file that is about to be imported: rehearsed on the server a moment after every change. */
export class ImportDraft {
  /** What the text would do, once that is known. */
  report = $state.raw<Report | null>(null)
  faults = $state.raw<Fault[]>([])
  /** Why it is not known; none of the text's business. */
  problem = $state.raw<Problem | null>(null)
  checking = $state(false)
  applying = $state(false)

  #text = $state('')
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Answers to earlier texts are of no interest. */
  #asked = 0

  constructor(text: string) {
    this.#text = text
    if (text !== '') this.#soon(0)
    onDestroy(() => clearTimeout(this.#timer))
  }

  get text(): string {
    return this.#text
  }

  set text(text: string) {
    this.#text = text
    this.#soon(PAUSE)
  }

  /** How many things an import would change. */
  get count(): number {
    return this.report?.changes.filter(({ action }) => action !== 'KEEP').length ?? 0
  }

  /** Takes the text of a file. */
  async read(file: File): Promise<void> {
    if (file.size > LONGEST) return this.#refuse(`${file.name} is too large: a groups file has at most 1 MiB.`)
    if (!/\.(ya?ml|json)$/i.test(file.name)) return this.#refuse(`${file.name} is not a .yaml, .yml or .json file.`)
    this.#text = await file.text()
    this.#soon(0)
  }

  /** @returns whether it is done */
  async apply(): Promise<boolean> {
    this.applying = true
    const { report, faults, problem } = await importGroups(this.#text, false)
    this.applying = false
    this.problem = problem
    if (faults) this.faults = faults
    return report !== null
  }

  #refuse(message: string): void {
    this.problem = { code: 'INVALID_INPUT', title: 'That file was refused', message, fields: {} }
  }

  #soon(pause: number): void {
    clearTimeout(this.#timer)
    this.#asked += 1
    this.problem = null
    this.checking = this.#text.trim() !== ''
    if (this.checking) this.#timer = setTimeout(() => void this.#rehearse(), pause)
    else {
      this.report = null
      this.faults = []
    }
  }

  async #rehearse(): Promise<void> {
    const asked = this.#asked
    const { report, faults, problem } = await importGroups(this.#text, true)
    if (asked !== this.#asked) return
    this.checking = false
    this.report = report
    this.faults = faults ?? []
    this.problem = problem
  }
}
