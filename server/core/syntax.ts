import { printParseErrorCode, visit, type JSONVisitor } from 'jsonc-parser'
import { isAlias, LineCounter, parseDocument, visit as visitYaml, type ErrorCode } from 'yaml'

/** Deepest nesting of JSONC: its parser calls itself for each level. */
const DEEPEST = 500
/** Characters. A message may quote the text it is about. */
const LONGEST_MESSAGE = 200

/** Why a text cannot be read, and where: both counted from 1. */
export interface SyntaxProblem {
  line: number
  column: number
  message: string
}

/** A problem in one line, as REST and refused input report it: `line 3, column 5: …`. */
export function describeProblem({ line, column, message }: SyntaxProblem): string {
  return `line ${line}, column ${column}: ${message}`
}

/** The first problem of a YAML text; null when it can be read. */
export function yamlProblem(text: string): SyntaxProblem | null {
  const lines = new LineCounter()
  // Looking for double keys takes quadratic time, and so do errors that quote their line: minutes for 1 MiB of quotes.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const at = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset)
    return problemAt(line, col, message)
  }
  const [error] = document.errors
  if (error) return at(error.pos[0], plainMessage(error.code, error.message))
  let problem: SyntaxProblem | null = null
  const anchors = new Set<string>()
  visitYaml(document, {
    Node: (_key, node) => {
      if (!isAlias(node)) {
        if (node.anchor) anchors.add(node.anchor)
        return undefined
      }
      if (anchors.has(node.source)) return undefined
      problem = at(node.range?.[0] ?? 0, `There is no anchor &${node.source} before this alias`)
      return visitYaml.BREAK
    },
  })
  return problem
}

/** The library's message, unless it is meant for its caller. */
function plainMessage(code: ErrorCode, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'A second document begins here; only one is read'
  return message.startsWith('Maximum call stack') ? 'Nested too deeply' : message
}

/** The first problem of a JSON text, in which comments and trailing commas are allowed; null when it can be read. */
export function jsoncProblem(text: string): SyntaxProblem | null {
  let depth = 0
  const open = (_offset: number, _length: number, line: number, column: number) => {
    depth += 1
    // Throwing is the only way to stop the parser.
    if (depth > DEEPEST) throw new ParseStopped(problemAt(line + 1, column + 1, 'Nested too deeply'))
  }
  const close = () => void (depth -= 1)
  const onError: JSONVisitor['onError'] = (code, _offset, _length, line, column) => {
    throw new ParseStopped(problemAt(line + 1, column + 1, describeCode(code)))
  }
  const visitor = { onObjectBegin: open, onArrayBegin: open, onObjectEnd: close, onArrayEnd: close, onError }
  try {
    visit(text, visitor, { allowTrailingComma: true, allowEmptyContent: true })
    return null
  } catch (error) {
    if (error instanceof ParseStopped) return error.problem
    throw error
  }
}

class ParseStopped extends Error {
  readonly problem: SyntaxProblem

  constructor(problem: SyntaxProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** `CloseBraceExpected` as "Close brace expected". */
function describeCode(code: Parameters<typeof printParseErrorCode>[0]): string {
  const words = printParseErrorCode(code).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.replace('json', 'JSON')
}

function problemAt(line: number, column: number, message: string): SyntaxProblem {
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : message
  return { line: line || 1, column: column || 1, message: short }
}
