import { printParseErrorCode, visit } from 'jsonc-parser'
import { isAlias, LineCounter, parseDocument, visit as visitYaml, type YAMLParseError } from 'yaml'

/** Deepest nesting of JSONC: its parser calls itself for each level. */
const DEEPEST = 500
/** A message may quote the text it is about. */
const LONGEST_MESSAGE = 200

/** The first fault of a text that is to be YAML, as `line 3, column 5: …`; null when there is none. */
export function yamlFault(text: string): string | null {
  const lines = new LineCounter()
  // Looking for double keys takes quadratic time, and so do errors that quote their line: minutes for 1 MiB of quotes.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const at = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset)
    return told(line, col, message)
  }
  const [error] = document.errors
  if (error) return at(error.pos[0], forPeople(error))
  let fault: string | null = null
  const anchors = new Set<string>()
  visitYaml(document, {
    Node: (_key, node) => {
      if (!isAlias(node)) return void (node.anchor && anchors.add(node.anchor))
      if (anchors.has(node.source)) return undefined
      fault = at(node.range?.[0] ?? 0, `There is no anchor &${node.source} before this alias`)
      return visitYaml.BREAK
    },
  })
  return fault
}

/** The library's message, unless it speaks to its caller. */
function forPeople({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'A second document begins here; only one is read'
  return message.startsWith('Maximum call stack') ? 'Nested too deeply' : message
}

/** The first fault of a text that is to be JSON with comments and trailing commas; null when there is none. */
export function jsoncFault(text: string): string | null {
  let depth = 0
  const open = (_offset: number, _length: number, line: number, column: number) => {
    depth += 1
    // There is no other way to stop it.
    if (depth > DEEPEST) throw new Fault(told(line + 1, column + 1, 'Nested too deeply'))
  }
  const close = () => void (depth -= 1)
  const onError = (code: number, _offset: number, _length: number, line: number, column: number) => {
    throw new Fault(told(line + 1, column + 1, inWords(code)))
  }
  const visitor = { onObjectBegin: open, onArrayBegin: open, onObjectEnd: close, onArrayEnd: close, onError }
  try {
    visit(text, visitor, { allowTrailingComma: true, allowEmptyContent: true })
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

class Fault extends Error {}

/** `CloseBraceExpected` as "Close brace expected". */
function inWords(code: number): string {
  const words = printParseErrorCode(code).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.replace('json', 'JSON')
}

function told(line: number, column: number, message: string): string {
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : message
  return `line ${line || 1}, column ${column || 1}: ${short}`
}
