/**
 * Runs everything: `npm test`. The checks (types, lint, generated files), then the suites, each with the set-up it needs.
 * Says aloud what it skips and why; in CI nothing may be skipped, but for suites that need what Debian stable does not have: an
 * image with code-server, Lemonade. Those run where that is or can be installed, and say so where it cannot. What failed is tried once more, alone: what passes then did
 * fail for want of time or by chance, and is named as unsteady. Ends with the names of both and one line over all suites.
 *
 * usage: node tests/run.ts [--checks] [suite ...]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ensureChromium } from './kit/chromium.ts'
import { lacksCodeServer } from './kit/code-server.ts'
import { ensureDocker, ensureTestImages } from './kit/docker.ts'
import { ensureFrontProxies } from './kit/front-proxies.ts'
import { lacksLemonade } from './kit/real-lemonade.ts'

const root = join(import.meta.dirname, '..')
const inCI = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false'

/** A command that passes or fails as a whole. */
const CHECKS: [string, string, string[]][] = [
  ['types of the server', 'tsc', ['-p', 'tsconfig.json']],
  [
    'types of the dashboard',
    'svelte-check',
    ['--workspace', 'web', '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
  ],
  ['lint', 'eslint', ['--max-warnings', '0', '.']],
  ['formatting', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['schema.graphql is what the server serves', 'node', ['scripts/print-schema.ts', '--check']],
  ['generated GraphQL documents are up to date', 'node', ['codegen.ts', '--check']],
  ['migrations agree with the Prisma schema', 'node', ['scripts/migration.ts', '--check']],
  ['thon.yaml.example and docs/configuration.md have every variable', 'node', ['scripts/manual.ts', '--check']],
  ['links between documents lead somewhere, and the README is short', 'node', ['scripts/check-docs.ts']],
  ['no unused files, exports or dependencies', 'knip', []],
]

interface Suite {
  name: string
  /** Where its files are: `tests/<name>/` by default. */
  dir?: string
  /** Makes the machine ready; throws with what is missing when it cannot. */
  prepare?: () => Promise<void>
  /** Files that run side by side. */
  workers: number
  /** Why it cannot run here, and what to do; null when it can. Such a suite may be left out, also in CI. */
  lacks?: () => Promise<string | null> | string | null
}

const SUITES: Suite[] = [
  { name: 'unit', workers: 2 },
  { name: 'web', dir: 'web/src/', workers: 2 },
  { name: 'api', workers: 2 },
  { name: 'docker', workers: 1, prepare: async () => void (await ensureDocker(), await ensureTestImages()) },
  { name: 'contract', workers: 1, prepare: async () => void (await ensureDocker(), await ensureTestImages()) },
  { name: 'cli', workers: 1, prepare: async () => void (await ensureDocker(), await ensureTestImages()) },
  { name: 'lemonade', workers: 1, lacks: lacksLemonade },
  { name: 'proxies', workers: 1, prepare: async () => ensureFrontProxies() },
  {
    name: 'e2e',
    workers: 1,
    prepare: async () => void (await ensureDocker(), await ensureTestImages(), await ensureChromium()),
  },
  {
    name: 'code-server',
    workers: 1,
    prepare: async () => void (await ensureDocker(), await ensureChromium()),
    lacks: lacksCodeServer,
  },
]

interface Tally {
  passed: number
  failed: number
  skipped: number
  /** What failed at first, a line each, and whether it passed at the second try. */
  troubles: { name: string; mended: boolean }[]
}

/** What of Vitest's JSON report is read here. */
interface Report {
  numPassedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, troubles: [] }
const total: Tally = { passed: 0, failed: 0, skipped: 0, troubles: [] }
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const onlyChecks = process.argv.includes('--checks')

if (wanted.length === 0) for (const check of CHECKS) add(await runCheck(...check))
if (!onlyChecks)
  for (const suite of SUITES) if (wanted.length === 0 || wanted.includes(suite.name)) add(await runSuite(suite))
for (const { name, mended } of total.troubles)
  console.log(`\n${mended ? '! unsteady, passed when tried again' : '✗'}: ${name}`)
const unsteady = total.troubles.filter(({ mended }) => mended).length
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped, ${unsteady} unsteady`)
process.exitCode = total.failed > 0 || (inCI && total.skipped > 0) ? 1 : 0

function add(tally: Tally): void {
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
  total.troubles.push(...tally.troubles)
}

async function runCheck(title: string, command: string, args: string[]): Promise<Tally> {
  const began = Date.now()
  const { code, output } = await run(command, args, false)
  console.log(`${code === 0 ? '✓' : '✗'} ${title} (${seconds(began)})`)
  if (code !== 0) console.log(output)
  return code === 0 ? { ...NOTHING, passed: 1 } : fault(title)
}

async function runSuite({ name, dir = `tests/${name}/`, prepare, workers, lacks }: Suite): Promise<Tally> {
  try {
    await prepare?.()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    console.log(`\n${inCI ? '✗' : '!'} suite ${name} ${inCI ? 'could not be prepared' : 'SKIPPED'}: ${why}`)
    return inCI ? fault(`suite ${name} could not be prepared: ${why}`) : { ...NOTHING, skipped: 1 }
  }
  const lack = await lacks?.()
  if (lack) {
    console.log(`\n! suite ${name} left out: ${lack}`)
    return NOTHING
  }
  const first = await vitest(name, [dir], workers)
  if (first === null) return fault(`suite ${name} ended without a report`)
  const failed = first.testResults.filter(({ status }) => status !== 'passed')
  const troubles = failed.flatMap(troublesOf)
  const files = failed.map(({ name: path }) => relative(root, path))
  // A break of everything is no matter of chance: it is not run for as long again.
  const again = files.length > 0 && files.length <= 3 ? await vitest(`${name}, what failed, again`, files, 1) : null
  const stillFailed = again === null ? troubles : again.testResults.flatMap(troublesOf)
  return {
    passed: first.numPassedTests + troubles.length - stillFailed.length,
    failed: stillFailed.length,
    skipped: first.numPendingTests + first.numTodoTests,
    troubles:
      stillFailed.length === 0
        ? troubles.map((trouble) => ({ name: trouble, mended: true }))
        : stillFailed.map((trouble) => ({ name: trouble, mended: false })),
  }
}

/** Runs test files, and returns Vitest's report; null when it ended without one, or outside of any test. */
async function vitest(title: string, paths: string[], workers: number): Promise<Report | null> {
  console.log(`\nSuite ${title}`)
  const dir = mkdtempSync(join(tmpdir(), 'thon-results-'))
  const report = join(dir, 'report.json')
  const { code } = await run(
    'vitest',
    [
      'run',
      ...paths,
      `--maxWorkers=${workers}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    true,
  )
  try {
    const said = JSON.parse(readFileSync(report, 'utf8')) as Report
    // An error between the tests fails the run without failing a test.
    return code !== 0 && said.testResults.every(({ status }) => status === 'passed') ? null : said
  } catch {
    return null
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The failures of a file, a line each: which test, and the beginning of what it said. */
function troublesOf(file: Report['testResults'][number]): string[] {
  const path = relative(root, file.name)
  const lines = file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${path}: ${fullName}\n  ${beginning(failureMessages.join('\n'))}`)
  return lines.length === 0 && file.status !== 'passed' ? [`${path}\n  ${beginning(file.message)}`] : lines
}

function beginning(message: string): string {
  return message.slice(0, 600).replaceAll('\n', '\n  ')
}

function fault(name: string): Tally {
  return { ...NOTHING, failed: 1, troubles: [{ name, mended: false }] }
}

function run(command: string, args: string[], show: boolean): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

function seconds(began: number): string {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`
}
