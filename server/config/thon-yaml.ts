import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml'
import { AppError } from '../core/errors.ts'
import { hintFor, places, sections } from './suggestions.ts'
import type { Variable } from './variable.ts'

/** What a thon.yaml says. */
export interface ThonYaml {
  /** Values as the environment would have them, by variable; each with the line it is in. */
  values: Record<string, { text: string; line: number }>
  /** The groups that are written into it, as a groups file with the same lines; null when there are none. */
  groups: string | null
  /** Things without effect, with their lines. */
  warnings: string[]
  /** What is wrong, with its lines; then nothing of it counts. */
  faults: string[]
}

/** Longest file that is read, in characters. */
const LONGEST = 1_048_576
/** Unknown keys that are told. */
const MOST_WARNINGS = 50

/**
 * Reads a thon.yaml: sections with keys, as thon.yaml.example shows them.
 * @param checkGroups checks the text of its groups; throws an AppError whose fields name every fault with its line
 */
export function readThonYaml(text: string, checkGroups: (text: string) => void): ThonYaml {
  if (text.length > LONGEST) return failed('line 1: must be at most 1 MiB')
  const lines = new LineCounter()
  try {
    // The library would look for double keys in quadratic time.
    const document = parseDocument(text.replace(/^\uFEFF/, ''), {
      ...{ lineCounter: lines, prettyErrors: false, uniqueKeys: false },
    })
    const [error] = document.errors
    if (!error) return new Reader(text.replace(/^\uFEFF/, ''), document, lines, checkGroups).read()
    const { line, col } = lines.linePos(error.pos[0])
    const several = error.code === 'MULTIPLE_DOCS' ? 'nothing may follow the first document' : error.message
    return failed(`line ${line}, column ${col}: ${several}`)
  } catch (error) {
    if (error instanceof RangeError) return failed('line 1: is nested too deeply')
    throw error
  }
}

function failed(fault: string): ThonYaml {
  return { values: {}, groups: null, warnings: [], faults: [fault] }
}

class Reader {
  readonly #text: string
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  readonly #found: ThonYaml = { values: {}, groups: null, warnings: [], faults: [] }
  readonly #checkGroups: (text: string) => void
  #unknown = 0

  constructor(text: string, document: Document.Parsed, lines: LineCounter, checkGroups: (text: string) => void) {
    this.#text = text
    this.#document = document
    this.#lines = lines
    this.#checkGroups = checkGroups
  }

  read(): ThonYaml {
    const root = this.#document.contents
    if (root === null || isEmpty(root)) return this.#found
    if (!isMap(root)) return failed('line 1: must be sections with keys, such as "sandbox:"')
    this.#walk(root as YAMLMap, [])
    const more = this.#unknown - MOST_WARNINGS
    if (more > 0) this.#found.warnings.push(`and ${more} more keys that are no settings of THON`)
    return this.#found
  }

  #walk(map: YAMLMap, way: string[]): void {
    const known = new Set<string>()
    for (const { key, value: written } of map.items) {
      const path = [...way, String(isScalar(key) ? key.value : key)].join('.')
      const line = this.#lineOf(key as Node)
      const value = this.#resolved(written)
      const variable = places.get(path)
      if (known.has(path)) this.#found.faults.push(`line ${line}: ${path} is there twice`)
      else if (path === 'groups') this.#groups(key as Node, written as Node | null)
      else if (variable) this.#take(variable, value, line)
      else if (sections.has(path) && isMap(value)) this.#walk(value, path.split('.'))
      else if (sections.has(path) && !isEmpty(value))
        this.#found.faults.push(`line ${line}: ${path} must be a section with keys`)
      else if (!sections.has(path)) this.#warn(path, line)
      known.add(path)
    }
  }

  #warn(path: string, line: number): void {
    this.#unknown += 1
    if (this.#unknown <= MOST_WARNINGS)
      this.#found.warnings.push(`line ${line}: ${path} is not a setting of THON and has no effect${hintFor(path)}`)
  }

  #take({ name, at }: Variable, value: Node | null, line: number): void {
    if (isEmpty(value)) return
    const text = this.#textOf(value)
    if (text === null)
      this.#found.faults.push(`line ${line}: ${at} must be a text, a number, true or false, or a list of them`)
    else this.#found.values[name] = { text, line }
  }

  /** Groups are read as every groups file is, from the same lines of it. */
  #groups(key: Node, value: Node | null): void {
    if (isEmpty(value)) return
    const [from, to] = [key.range?.[0] ?? 0, value?.range?.[2] ?? this.#text.length]
    const { line, col } = this.#lines.linePos(from)
    const text = '\n'.repeat(line - 1) + ' '.repeat(col - 1) + this.#text.slice(from, to)
    try {
      this.#checkGroups(text)
      this.#found.groups = text
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#found.faults.push(...error.fields.map(({ message }) => message))
    }
  }

  #textOf(written: Node | null): string | null {
    const value = this.#resolved(written)
    if (isSeq(value)) {
      const parts = value.items.map((one) => (isSeq(this.#resolved(one)) ? null : this.#textOf(one as Node)))
      return parts.every((part) => part !== null) ? parts.join(',') : null
    }
    // As it is written: `0x1F`, `1e3` and `08` are no numbers of ours, and a version such as 1.10 keeps its zero.
    return isScalar(value) ? (value.source ?? String(value.value)) : null
  }

  /** What an alias stands for; one that stands for nothing is handed back, and is no value of ours then. */
  #resolved(node: unknown): Node | null {
    return isAlias(node) ? ((node.resolve(this.#document) as Node | undefined) ?? node) : (node as Node | null)
  }

  #lineOf(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isScalar(value) && (value.value === null || value.value === ''))
}
