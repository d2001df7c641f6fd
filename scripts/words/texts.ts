import { parse } from 'svelte/compiler'
import ts from 'typescript'

/** What people read of a source file: a piece of it, and where it starts. */
export interface Text {
  /** As long as the source it comes from, so that a place in it is a place in the file. */
  text: string
  /** Offset in the file. */
  start: number
  /** Prose is judged sentence by sentence, a string as a whole. */
  kind: 'string' | 'prose'
}

/** Attributes of elements that hold names for machines. */
const SILENT_ATTRIBUTES = new Set(['class', 'style', 'id', 'href', 'src', 'for', 'd', 'name', 'type'])

/** Takes the texts out of a file; none for files that hold none. */
export function textsOf(path: string, source: string): Text[] {
  if (/\.(?:ts|mjs|js)$/.test(path)) return scriptTexts(source, 0, path.endsWith('.ts'))
  if (path.endsWith('.svelte')) return svelteTexts(source)
  if (path.endsWith('.md')) return [{ text: withoutCode(source), start: 0, kind: 'prose' }]
  if (/\.(?:html|svg)$/.test(path)) return [{ text: source, start: 0, kind: 'prose' }]
  if (/\.css$/.test(path)) return found(source, /\/\*[\s\S]*?\*\//g)
  if (path.endsWith('.prisma')) return found(source, /\/\/[^\n]*/g)
  if (/\.(?:ya?ml|conf|example)$|(?:Dockerfile|Caddyfile|\.editorconfig)$/.test(path)) return found(source, /#[^\n]*/g)
  return []
}

/** String literals, templates and comments of TypeScript or JavaScript; not what modules are imported by. */
function scriptTexts(source: string, offset: number, typed: boolean): Text[] {
  const file = ts.createSourceFile(typed ? 'a.ts' : 'a.js', source, ts.ScriptTarget.Latest, false)
  const texts: Text[] = []
  let rest = source
  const take = (node: ts.Node, quoted: boolean): string => {
    const start = node.getStart(file)
    const text = source.slice(start, node.end)
    rest = rest.slice(0, start) + blank(text) + rest.slice(node.end)
    if (quoted) texts.push({ text: withoutEscapes(text), start: start + offset, kind: 'string' })
    return text
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) take(node.moduleSpecifier, false)
    } else if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) take(node, true)
    else if (ts.isRegularExpressionLiteral(node)) take(node, false)
    else if (ts.isTemplateExpression(node)) {
      // One text, with gaps where values go.
      const start = node.getStart(file)
      let text = take(node.head, false)
      for (const { expression, literal } of node.templateSpans) {
        visit(expression)
        const gap = literal.getStart(file) - start - text.length
        text += '\u0001'.repeat(Math.max(gap, 0)) + take(literal, false)
      }
      texts.push({ text: withoutEscapes(text), start: start + offset, kind: 'string' })
    } else ts.forEachChild(node, visit)
  }
  visit(file)
  const comments = found(rest, /\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*(?:\n[ \t]*(?=\/\/))?)+/g)
  return [...texts, ...comments.map((comment) => ({ ...comment, start: comment.start + offset }))]
}

interface SvelteNode {
  type: string
  start: number
  end: number
  name?: string
  value?: unknown
  [key: string]: unknown
}

/** Text, attributes, strings in expressions, comments and scripts of a component. */
function svelteTexts(source: string): Text[] {
  const root = parse(source, { modern: true }) as unknown as Record<string, SvelteNode | null>
  const texts: Text[] = []
  for (const script of [root.instance, root.module]) {
    const content = script?.content as SvelteNode | undefined
    if (content) texts.push(...scriptTexts(source.slice(content.start, content.end), content.start, true))
  }
  const take = ({ start, end }: SvelteNode): void => {
    texts.push({ text: source.slice(start, end), start, kind: 'string' })
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null || !('type' in value)) return
    const node = value as SvelteNode
    if (node.type === 'Attribute' && SILENT_ATTRIBUTES.has(node.name ?? '')) return
    if (node.type === 'Text' || node.type === 'Comment' || node.type === 'TemplateElement') return take(node)
    if (node.type === 'Literal') return typeof node.value === 'string' ? take(node) : undefined
    for (const [key, child] of Object.entries(node)) if (key !== 'metadata' && key !== 'parent') visit(child)
  }
  visit(root.fragment)
  return texts
}

/** Code of a Markdown page as blanks: fenced, or between backticks. */
function withoutCode(source: string): string {
  return source
    .replace(/^([ \t]*)(```+|~~~+)[\s\S]*?^\1?\2[ \t]*$/gm, blank)
    .replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank)
    .replace(/\]\([^)\n]*\)/g, blank)
}

function found(source: string, pattern: RegExp): Text[] {
  return [...source.matchAll(pattern)].map((match) => ({
    // The marks at the beginning of a comment's lines do not belong to its sentences.
    text: match[0].replace(/\n[ \t]*(?:\*(?!\/)|\/\/)/g, (mark) => `\n${' '.repeat(mark.length - 1)}`),
    start: match.index,
    kind: 'prose' as const,
  }))
}

function withoutEscapes(text: string): string {
  return text.replace(/\\[nrt]/g, '  ').replace(/\\(['"`])/g, ' $1')
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
