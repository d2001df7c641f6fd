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
import { hintFor, sections, variablesByPath } from './suggestions.ts'
import type { Variable } from './variable.ts'

/** The contents of a thon.yaml. */
export interface ThonYaml {
  /** Values by variable, as text like in the environment, each with its line. */
  values: Record<string, { text: string; line: number }>
  /** Its groups, as a groups file with the same line numbers; null without groups. */
  groups: string | null
  /** What has no effect, with its line. */
  warnings: string[]
  /** What is wrong, with its line. If there are any, the whole file is invalid. */
  errors: string[]
}

/** Longest file that is read, in characters. */
const MAX_LENGTH = 1_048_576
/** How many unknown keys are reported. */
const MAX_WARNINGS = 50

/**
 * Reads a thon.yaml: sections with keys, as thon.yaml.example shows them.
 * @param checkGroups checks the text of its groups; throws an AppError whose fields name every problem with its line
 */
export function readThonYaml(text: string, checkGroups: (text: string) => void): ThonYaml {
  if (text.length > MAX_LENGTH) return failed('line 1: the file must be at most 1 MiB')
  const lines = new LineCounter()
  try {
    // The library looks for duplicate keys in quadratic time.
    const document = parseDocument(text.replace(/^\uFEFF/, ''), {
      ...{ lineCounter: lines, prettyErrors: false, uniqueKeys: false },
    })
    const [error] = document.errors
    if (!error) return new YamlReader(text.replace(/^\uFEFF/, ''), document, lines, checkGroups).read()
    const { line, col } = lines.linePos(error.pos[0])
    const message = error.code === 'MULTIPLE_DOCS' ? 'only one YAML document is allowed' : error.message
    return failed(`line ${line}, column ${col}: ${message}`)
  } catch (error) {
    if (error instanceof RangeError) return failed('line 1: the file is nested too deeply')
    throw error
  }
}

function failed(error: string): ThonYaml {
  return { values: {}, groups: null, warnings: [], errors: [error] }
}

class YamlReader {
  readonly #text: string
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  readonly #result: ThonYaml = { values: {}, groups: null, warnings: [], errors: [] }
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
    if (root === null || isEmpty(root)) return this.#result
    if (!isMap(root)) return failed('line 1: the file must consist of sections with keys, such as "sandbox:"')
    this.#walk(root, [])
    const more = this.#unknown - MAX_WARNINGS
    if (more > 0) this.#result.warnings.push(`and ${more} more keys that are not settings of THON`)
    return this.#result
  }

  #walk(map: YAMLMap, parents: string[]): void {
    const seen = new Set<string>()
    for (const { key, value: written } of map.items) {
      const path = [...parents, String(isScalar(key) ? key.value : key)].join('.')
      const line = this.#lineOf(key as Node)
      const value = this.#resolveAlias(written)
      const variable = variablesByPath.get(path)
      if (seen.has(path)) this.#result.errors.push(`line ${line}: ${path} appears twice`)
      else if (path === 'groups') this.#groups(key as Node, written as Node | null)
      else if (variable) this.#take(variable, value, line)
      else if (sections.has(path) && isMap(value)) this.#walk(value, path.split('.'))
      else if (sections.has(path) && !isEmpty(value))
        this.#result.errors.push(`line ${line}: ${path} must be a section with keys`)
      else if (!sections.has(path)) this.#warn(path, line)
      seen.add(path)
    }
  }

  #warn(path: string, line: number): void {
    this.#unknown += 1
    if (this.#unknown <= MAX_WARNINGS)
      this.#result.warnings.push(`line ${line}: ${path} is not a setting of THON and has no effect${hintFor(path)}`)
  }

  #take({ name, at }: Variable, value: Node | null, line: number): void {
    if (isEmpty(value)) return
    const text = this.#textOf(value)
    if (text === null)
      this.#result.errors.push(`line ${line}: ${at} must be text, a number, true or false, or a list of those`)
    else this.#result.values[name] = { text, line }
  }

  /** Groups are read like any groups file, with their line numbers in this file. */
  #groups(key: Node, value: Node | null): void {
    if (isEmpty(value)) return
    const [from, to] = [key.range?.[0] ?? 0, value?.range?.[2] ?? this.#text.length]
    const { line, col } = this.#lines.linePos(from)
    const text = '\n'.repeat(line - 1) + ' '.repeat(col - 1) + this.#text.slice(from, to)
    try {
      this.#checkGroups(text)
      this.#result.groups = text
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#result.errors.push(...error.fields.map(({ message }) => message))
    }
  }

  #textOf(written: Node | null): string | null {
    const value = this.#resolveAlias(written)
    if (isSeq(value)) {
      const parts = value.items.map((one) => (isSeq(this.#resolveAlias(one)) ? null : this.#textOf(one as Node)))
      return parts.every((part) => part !== null) ? parts.join(',') : null
    }
    // The text as written: `0x1F`, `1e3` and `08` are not numbers here, and a version such as 1.10 keeps its zero.
    return isScalar(value) ? (value.source ?? String(value.value)) : null
  }

  /** What an alias stands for. One without an anchor is returned as it is, and then has no text. */
  #resolveAlias(node: unknown): Node | null {
    return isAlias(node) ? ((node.resolve(this.#document) as Node | undefined) ?? node) : (node as Node | null)
  }

  #lineOf(node: Node): number {
    return this.#lines.linePos(node.range?.[0] ?? 0).line
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isScalar(value) && (value.value === null || value.value === ''))
}
