import { onDestroy } from 'svelte'
import type { Problem } from '#lib/graphql/errors.ts'
import { importGroups, LONGEST, type FileProblem, type Report } from './files.ts'

/** From the last key to the dry run, in milliseconds. */
const PAUSE = 350

/** A groups file before its import. After every change, a dry run on the server says what it would do. */
export class ImportDraft {
  /** What an import of the text would do; null until the server says so. */
  report = $state.raw<Report | null>(null)
  faults = $state.raw<FileProblem[]>([])
  /** Why the server could not say so, through no fault of the text. */
  problem = $state.raw<Problem | null>(null)
  checking = $state(false)
  applying = $state(false)

  #text = $state('')
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The number of the last dry run: answers to earlier ones are ignored. */
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

  /** The number of changes that an import would make. */
  get count(): number {
    return this.report?.changes.filter(({ action }) => action !== 'KEEP').length ?? 0
  }

  /** Takes the text of a file. */
  async read(file: File): Promise<void> {
    if (file.size > LONGEST) return this.#refuse(`${file.name} is too large. A groups file may have at most 1 MiB.`)
    if (!/\.(ya?ml|json)$/i.test(file.name))
      return this.#refuse(`${file.name} is not a groups file. Choose a .yaml, .yml or .json file.`)
    this.#text = await file.text()
    this.#soon(0)
  }

  /** @returns whether the import was done */
  async apply(): Promise<boolean> {
    this.applying = true
    const { report, faults, problem } = await importGroups(this.#text, false)
    this.applying = false
    this.problem = problem
    if (faults) this.faults = faults
    return report !== null
  }

  #refuse(message: string): void {
    this.problem = { code: 'INVALID_INPUT', title: 'This file can’t be imported', message, fields: {} }
  }

  #soon(pause: number): void {
    clearTimeout(this.#timer)
    this.#asked += 1
    this.problem = null
    this.checking = this.#text.trim() !== ''
    if (this.checking) this.#timer = setTimeout(() => void this.#check(), pause)
    else {
      this.report = null
      this.faults = []
    }
  }

  async #check(): Promise<void> {
    const asked = this.#asked
    const { report, faults, problem } = await importGroups(this.#text, true)
    if (asked !== this.#asked) return
    this.checking = false
    this.report = report
    this.faults = faults ?? []
    this.problem = problem
  }
}
