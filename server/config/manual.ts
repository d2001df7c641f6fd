import { stringify } from 'yaml'
import { CHAPTERS, type Chapter, type Variable } from './variables.ts'

/** Marks in the README between which the tables are. */
const BEGIN = '<!-- variables: made by scripts/manual.ts -->'
const END = '<!-- end of variables -->'

/** The README with its tables of variables as they are now. @throws Error when it has no place for them */
export function readmeTables(readme: string): string {
  const [before, rest] = readme.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`README.md has no place for the variables (${BEGIN})`)
  return `${before}${BEGIN}\n\n${CHAPTERS.map(table).join('\n')}\n${END}${after}`
}

function table({ title, variables }: Chapter): string {
  const rows = variables.map(
    ({ name, at, fallback, meaning }) => `| \`${name}\` | \`${at}\` | ${fallback && `\`${fallback}\``} | ${meaning} |`,
  )
  return `**${title}**\n\n| variable | in thon.yaml | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

/** A nested place for the variables of the example. */
interface Place {
  variable?: Variable
  below: Map<string, Place>
}

/** An example of thon.yaml: every key with its default and its meaning, all of them commented out. */
export function exampleYaml(): string {
  const root: Place = { below: new Map() }
  for (const variable of CHAPTERS.flatMap((chapter) => chapter.variables)) {
    let place = root
    for (const part of variable.at.split('.')) {
      const next = place.below.get(part) ?? { below: new Map() }
      place.below.set(part, next)
      place = next
    }
    place.variable = variable
  }
  return `${HEAD}\n${[...root.below].map(([name, place]) => lines(name, place, 0).join('\n')).join('\n\n')}\n${GROUPS}`
}

function lines(name: string, { variable, below }: Place, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (!variable) return [`${indent}${name}:`, ...[...below].flatMap(([key, place]) => lines(key, place, depth + 1))]
  const value = variable.fallback === '' ? '' : ` ${stringify(literal(variable.fallback)).trim()}`
  return [`${indent}# ${variable.meaning} (${variable.name})`, `${indent}# ${name}:${value}`]
}

function literal(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d+$/.test(text) ? Number(text) : text
}

const HEAD = `# How THON is set up. Copy this to ~/.thon/thon.yaml, or name yours with --config.
# The environment goes before this file, and this file before the defaults, which are what is commented out here.
`

const GROUPS = `
# Groups and their users, as in a groups file: \`thon launch\` starts them, \`thon groups import\` takes them in.
# groups:
#   alpha: [ann, bob]
#   beta: [cy]
`
