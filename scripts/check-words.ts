/**
 * Finds the words that THON's texts do without (scripts/words/rules.ts): in strings, comments, names of tests, components and documents.
 * scripts/allowed-words.json names the few places where one is right, and why.
 *
 * usage: node scripts/check-words.ts [--summary] [path …]    --summary counts by folder
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CROWD, CROWD_HINT, RULES } from './words/rules.ts'
import { textsOf, type Text } from './words/texts.ts'

/** A place where a text should say it in other words. */
export interface Finding {
  file: string
  line: number
  word: string
  hint: string
}

/** Where a word is right, in exactly this case. `file` may be a folder, which ends in a slash. */
export interface Allowed {
  file: string
  word: string
  reason: string
}

/** Recorded, generated or copied texts, and the rules themselves. */
const EXCLUDED =
  /^(?:tests\/contract\/golden\/|tests\/fixtures\/|web\/src\/lib\/graphql\/generated\/|prisma\/(?:generated|migrations)\/|CHANGELOG\.md$|schema\.graphql$|scripts\/words\/rules\.ts$|tests\/unit\/check-words\.test\.ts$)/

/** Every finding in one file, from the top down. */
export function findingsIn(file: string, source: string): Finding[] {
  const found = textsOf(file, source).flatMap((text) => [...ruled(text), ...crowded(text)])
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ at, word, hint }) => ({ file, line: source.slice(0, at).split('\n').length, word, hint }))
}

function ruled({ text, start }: Text): { at: number; word: string; hint: string }[] {
  return RULES.flatMap(({ pattern, hint }) =>
    [...text.matchAll(pattern)].map((match) => ({
      at: start + match.index + (match[0].length - match[0].trimStart().length),
      word: match[0].trim().replace(/\s+/g, ' '),
      hint,
    })),
  )
}

function crowded({ text, start, kind }: Text): { at: number; word: string; hint: string }[] {
  const parts = kind === 'string' ? [text] : text.split(/(?<=[.!?:;]\s|\n[ \t]*\n)/)
  let at = start
  return parts.flatMap((part) => {
    const [first, second] = [...part.matchAll(CROWD)]
    const found =
      first && second ? [{ at: at + first.index, word: `${first[0]} … ${second[0]}`, hint: CROWD_HINT }] : []
    at += part.length
    return found
  })
}

/** What remains without the allowed places, and the allowances that nothing needs any longer. */
export function withoutAllowed(findings: Finding[], allowed: Allowed[]): { findings: Finding[]; unused: Allowed[] } {
  const covers = (entry: Allowed, { file, word }: Finding): boolean =>
    (entry.file === file || (entry.file.endsWith('/') && file.startsWith(entry.file))) && entry.word === word
  return {
    findings: findings.filter((finding) => !allowed.some((entry) => covers(entry, finding))),
    unused: allowed.filter((entry) => !findings.some((finding) => covers(entry, finding))),
  }
}

if (import.meta.main) main(process.argv.slice(2))

function main(args: string[]): void {
  const root = join(import.meta.dirname, '..')
  const paths = args.filter((arg) => !arg.startsWith('--'))
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard', '--', ...paths], { cwd: root })
  const files = [...new Set(listed.toString().split('\0'))].filter((file) => file !== '' && !EXCLUDED.test(file))
  const allowed = JSON.parse(readFileSync(join(root, 'scripts/allowed-words.json'), 'utf8')) as Allowed[]
  const { findings, unused } = withoutAllowed(
    files.flatMap((file) => findingsIn(file, contentOf(join(root, file)))),
    allowed,
  )
  const stale = paths.length === 0 ? unused : []
  if (args.includes('--summary')) printSummary(findings)
  else for (const { file, line, word, hint } of findings) console.log(`${file}:${line}: "${word}": ${hint}`)
  for (const { file, word } of stale) console.log(`scripts/allowed-words.json: "${word}" in ${file} is not needed`)
  if (findings.length > 0) console.log(`\n${findings.length} words to replace`)
  if (findings.length + stale.length > 0) process.exitCode = 1
}

/** A file that git lists may have been deleted from the folder. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function printSummary(findings: Finding[]): void {
  print(
    'by folder',
    (finding) => finding.file.match(/^web\/src\/(?:lib\/)?[^/]+|^[^/]+\/[^/]+(?=\/)|^[^/]+/)?.[0] ?? '',
  )
  print('by word', ({ word }) => word.toLowerCase())

  function print(title: string, keyOf: (finding: Finding) => string): void {
    console.log(`\n${title}`)
    for (const [key, { length }] of Object.entries(Object.groupBy(findings, keyOf) as Record<string, Finding[]>).sort(
      ([, a], [, b]) => b.length - a.length,
    ))
      console.log(`${String(length).padStart(6)}  ${key}`)
  }
}
