import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml'
import { CHAPTERS, type Variable } from './variables.ts'

/** What a thon.yaml says. */
export interface ThonYaml {
  /** Values as the environment would have them, by variable; each with the line it is in. */
  values: Record<string, { text: string; line: number }>
  /** The groups that are written into it, as a groups file would have them; null when there are none. */
  groups: unknown
  /** Things without effect, with their lines. */
  warnings: string[]
  /** What is wrong, with its lines; then nothing of it counts. */
  faults: string[]
}

const variables: readonly Variable[] = CHAPTERS.flatMap((chapter) => chapter.variables)
/** By their place in the file. */
const places = new Map(variables.map((one) => [one.at, one]))
/** What sections there are, at any depth. */
const sections = new Set(
  variables.flatMap(({ at }) => {
    const parts = at.split('.').slice(0, -1)
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** Reads a thon.yaml: sections with keys, as thon.yaml.example shows them. */
export function readThonYaml(text: string): ThonYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineOf = (node: Node) => lines.linePos(node.range?.[0] ?? 0).line
  const found: ThonYaml = { values: {}, groups: null, warnings: [], faults: [] }
  const [error] = document.errors
  if (error) {
    const { line, col } = lines.linePos(error.pos[0])
    return { ...found, faults: [`line ${line}, column ${col}: ${error.message}`] }
  }
  if (document.contents === null) return found
  if (!isMap(document.contents)) return { ...found, faults: ['line 1: must be sections with keys, such as "sandbox:"'] }
  const groups = document.contents.get('groups', true) as Node | undefined
  if (groups) found.groups = groups.toJS(document)
  walk(document.contents, [], lineOf, found)
  return found
}

function walk(map: YAMLMap, way: string[], lineOf: (node: Node) => number, found: ThonYaml): void {
  for (const { key, value } of map.items) {
    if (way.length === 0 && isScalar(key) && key.value === 'groups') continue
    const path = [...way, String(isScalar(key) ? key.value : key)].join('.')
    const line = lineOf(key as Node)
    const where = `line ${line}`
    const variable = places.get(path)
    if (variable) take(variable, value as Node | null, line, found)
    else if (sections.has(path) && isMap(value)) walk(value, path.split('.'), lineOf, found)
    else if (sections.has(path) && isEmpty(value)) continue
    else if (sections.has(path)) found.faults.push(`${where}: ${path} must be a section with keys`)
    else found.warnings.push(`${where}: ${path} is not a setting of THON and has no effect${hint(path)}`)
  }
}

function take({ name, at }: Variable, value: Node | null, line: number, { values, faults }: ThonYaml): void {
  if (isEmpty(value)) return
  const text = textOf(value)
  if (text === null) faults.push(`line ${line}: ${at} must be a text, a number, true or false, or a list of them`)
  else values[name] = { text, line }
}

function textOf(value: Node | null): string | null {
  if (isSeq(value)) {
    const parts = value.items.map((one) => textOf(one as Node))
    return parts.every((part) => part !== null) ? parts.join(',') : null
  }
  // As it is written: `0x1F`, `1e3` and `08` are no numbers of ours, and a version such as 1.10 keeps its zero.
  return isScalar(value) ? (value.source ?? String(value.value)) : null
}

function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && (value.value === null || value.value === ''))
}

/** The known place that looks most like it, if one does. */
function hint(path: string): string {
  const known = [...places.keys(), 'groups']
  const [best] = known.map((one) => ({ one, far: distance(path, one) })).sort((a, b) => a.far - b.far)
  return best && best.far <= Math.max(2, path.length / 4) ? `. Did you mean ${best.one}?` : ''
}

/** How many letters have to change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[b.length] as number
}
