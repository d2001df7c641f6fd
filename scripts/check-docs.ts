/**
 * Checks the Markdown files that git tracks: links and images lead to files of the repository, anchors to headings, every page of docs/
 * is linked from another page, and the README stays short. Links to other sites are not followed.
 *
 * usage: node scripts/check-docs.ts
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** In bytes: what a reader takes in at one sitting. */
const README_LIMIT = 8_000

interface Link {
  line: number
  target: string
}

/**
 * What is wrong, a line each.
 * @param pages Markdown files: path from the root to text
 * @param files every file of the repository, by path from the root
 */
export function problemsOf(pages: Map<string, string>, files: Set<string>): string[] {
  const linked = new Set<string>()
  const problems = [...pages].flatMap(([page, text]) =>
    linksOf(text).flatMap(({ line, target }) => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path)))
      if (file !== page) linked.add(file)
      const problem = problemWith(file.replace(/\/$/, ''), anchor, pages, files)
      return problem ? [`${page}:${line}: ${target}: ${problem}`] : []
    }),
  )
  const orphans = [...pages.keys()].filter((page) => page.startsWith('docs/') && !linked.has(page))
  const size = Buffer.byteLength(pages.get('README.md') ?? '')
  return [
    ...problems,
    ...orphans.map((page) => `${page}: no other page links to it`),
    ...(size > README_LIMIT ? [`README.md: ${size} bytes, at most ${README_LIMIT}: move details to docs/`] : []),
  ]
}

function problemWith(
  file: string,
  anchor: string | undefined,
  pages: Map<string, string>,
  files: Set<string>,
): string | null {
  const isFolder = [...files].some((other) => other.startsWith(`${file}/`))
  if (!files.has(file) && !isFolder && file !== '.') return 'there is no such file in the repository'
  const text = pages.get(file)
  if (anchor === undefined || text === undefined || anchorsOf(text).has(anchor)) return null
  return `${file} has no such heading`
}

/** Links and images outside of code that lead to files of the repository, or to a heading of the page itself. */
function linksOf(text: string): Link[] {
  return withoutCode(text)
    .split('\n')
    .flatMap((content, index) =>
      [
        ...content.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g),
        ...content.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g),
        ...content.matchAll(/<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]+)"/g),
      ].map(([, target = '']) => ({ line: index + 1, target })),
    )
    .filter(({ target }) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
}

/** The anchors that GitHub gives to headings, and those set by hand. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)].map(([, id = '']) => id))
  const seen = new Map<string, number>()
  for (const [, heading = ''] of withoutCode(text, false).matchAll(/^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/gm)) {
    const slug = heading
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    anchors.add(times === 0 ? slug : `${slug}-${times}`)
  }
  return anchors
}

/** Keeps the lines, so that places stay true. */
function withoutCode(text: string, inline = true): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ')
  const unfenced = text.replace(/^([ \t]*)(```+|~~~+)[\s\S]*?^\1?\2[ \t]*$/gm, blank)
  return inline ? unfenced.replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank) : unfenced
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root }).toString().split('\0').filter(Boolean)
  const pages = files.filter((file) => file.endsWith('.md')).map((file) => [file, readPage(join(root, file))] as const)
  const problems = problemsOf(new Map(pages), new Set(files))
  for (const problem of problems) console.log(problem)
  if (problems.length > 0) process.exitCode = 1
}

/** A page that git tracks may have been deleted from the folder. */
function readPage(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
