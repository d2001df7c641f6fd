/**
 * Runs everything: `npm test`. First the checks (types, lint, generated files), then each suite of tests. A suite whose requirements
 * are missing is skipped with the reason; in CI that is a failure. The suites that Debian stable has no packages for (lemonade,
 * code-server) are left out where they cannot run, also in CI. The last line sums up all checks and suites.
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
const inCI = !['', 'false', undefined].includes(process.env.CI)
/**
 * Whether a test may fail first and pass when it is tried again. The second try is only a diagnosis, so for developers such a test
 * counts as failed. In CI it is listed instead: a red landing for one flake would cost more than it teaches.
 */
const allowUnsteady = inCI || Boolean(process.env.THON_TEST_ALLOW_UNSTEADY)
/** With more failed files than this, the cause is not chance, and a second try would only take time. */
const MAX_RETRIED_FILES = 3

/** Commands that pass or fail as a whole. */
const CHECKS = {
  'types of the server': 'tsc -p tsconfig.json',
  'types of the dashboard': 'svelte-check --workspace web --tsconfig ./tsconfig.json --fail-on-warnings',
  lint: 'eslint --max-warnings 0 .',
  formatting: 'prettier --check --log-level warn .',
  'schema.graphql is what the server serves': 'node scripts/print-schema.ts --check',
  'generated GraphQL documents are up to date': 'node codegen.ts --check',
  'migrations agree with the Prisma schema': 'node scripts/migration.ts --check',
  'thon.yaml.example and docs/configuration.md have every variable': 'node scripts/manual.ts --check',
  'links between documents lead somewhere, and the README is short': 'node scripts/check-docs.ts',
  'no words that the style guide gives up': 'node scripts/check-words.ts',
  'no unused files, exports or dependencies': 'knip',
}

interface Suite {
  name: string
  /** Folder of its files; `tests/<name>/` by default. */
  dir?: string
  /** How many files run at the same time. */
  workers: number
  /** Prepares the machine. Throws an error that names what is missing. */
  prepare?: () => Promise<void> | void
  /** Why the suite cannot run here and what to do; null when it can. */
  lacks?: () => Promise<string | null> | string | null
}

const SUITES: Suite[] = [
  { name: 'unit', workers: 2 },
  { name: 'web', dir: 'web/src/', workers: 2 },
  { name: 'api', workers: 2 },
  { name: 'docker', workers: 1, prepare: ensureImages },
  { name: 'contract', workers: 1, prepare: ensureImages },
  { name: 'cli', workers: 1, prepare: ensureImages },
  { name: 'lemonade', workers: 1, lacks: lacksLemonade },
  { name: 'proxies', workers: 1, prepare: ensureFrontProxies },
  { name: 'e2e', workers: 1, prepare: () => ensureImages().then(ensureChromium) },
  { name: 'code-server', workers: 1, prepare: () => ensureDocker().then(ensureChromium), lacks: lacksCodeServer },
]

interface Failure {
  /** File and test, or the title of a check. */
  name: string
  message: string
}

interface Result {
  passed: number
  skipped: number
  failures: Failure[]
  /** What failed first and passed when tried again, with the first message. */
  unsteady: Failure[]
}

const NOTHING: Result = { passed: 0, skipped: 0, failures: [], unsteady: [] }

/** The part of Vitest's JSON report that is read here. */
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

const requested = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const results: Result[] = []
if (requested.length === 0)
  for (const [title, command] of Object.entries(CHECKS)) results.push(await runCheck(title, command))
if (!process.argv.includes('--checks'))
  for (const suite of SUITES)
    if (requested.length === 0 || requested.includes(suite.name)) results.push(await runSuite(suite))
sumUp()

function sumUp(): void {
  const failures = results.flatMap((result) => result.failures)
  const unsteady = results.flatMap((result) => result.unsteady)
  for (const { name, message } of failures) console.log(`\n✗ ${name}${indented(message)}`)
  if (unsteady.length > 0)
    console.log(`\nUNSTEADY: failed first, and passed when tried again${allowUnsteady ? '' : '. Counted as failed'}`)
  for (const { name, message } of unsteady) console.log(`\n! ${name}${indented(message)}`)
  const sum = (count: (result: Result) => number) => results.map(count).reduce((a, b) => a + b, 0)
  const passed = sum((result) => result.passed) + (allowUnsteady ? unsteady.length : 0)
  const failed = failures.length + (allowUnsteady ? 0 : unsteady.length)
  console.log(`\n${passed} passed, ${failed} failed, ${sum(({ skipped }) => skipped)} skipped`)
  process.exitCode = failed > 0 ? 1 : 0
}

async function runCheck(title: string, command: string): Promise<Result> {
  const start = Date.now()
  const [program = '', ...args] = command.split(' ')
  const { code, output } = await run(program, args, false)
  console.log(`${code === 0 ? '✓' : '✗'} ${title} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
  if (code !== 0) console.log(output)
  return code === 0 ? { ...NOTHING, passed: 1 } : failure(title)
}

async function runSuite({ name, dir = `tests/${name}/`, workers, prepare, lacks }: Suite): Promise<Result> {
  try {
    await prepare?.()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (inCI) return failure(`suite ${name} could not be prepared`, reason)
    console.log(`\n! Suite ${name} SKIPPED: ${reason}`)
    return { ...NOTHING, skipped: 1 }
  }
  const reason = await lacks?.()
  if (reason) {
    console.log(`\n! Suite ${name} left out: ${reason}`)
    return NOTHING
  }
  const first = await runTests(name, [dir], workers)
  if (first === null) return failure(`suite ${name} exited without a report, or failed outside of its tests`)
  const failedFirst = failuresIn(first)
  const failures = (await retry(name, first)) ?? failedFirst
  const unsteady = failedFirst.filter((one) => failures.every((other) => other.name !== one.name))
  const skipped = first.numPendingTests + first.numTodoTests
  if (inCI && skipped > 0)
    failures.push({ name: `suite ${name} skipped tests, which is not allowed in CI`, message: '' })
  return { passed: first.numPassedTests, skipped, failures, unsteady }
}

/** Tries failed files once more, one at a time. @returns what fails again; null when nothing was tried */
async function retry(suite: string, { testResults }: Report): Promise<Failure[] | null> {
  const files = testResults.filter(({ status }) => status !== 'passed').map(({ name }) => relative(root, name))
  if (files.length === 0 || files.length > MAX_RETRIED_FILES) return null
  const report = await runTests(`${suite}: failed files once more, to see whether they are unsteady`, files, 1)
  return report && failuresIn(report)
}

/** Runs test files with Vitest. @returns its report; null when it has none, or failed outside of any test */
async function runTests(title: string, paths: string[], workers: number): Promise<Report | null> {
  console.log(`\nSuite ${title}`)
  const dir = mkdtempSync(join(tmpdir(), 'thon-results-'))
  const path = join(dir, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const { code } = await run('vitest', ['run', ...paths, `--maxWorkers=${workers}`, ...reporters], true)
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Report
    return code !== 0 && report.testResults.every(({ status }) => status === 'passed') ? null : report
  } catch {
    return null
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function failuresIn({ testResults }: Report): Failure[] {
  return testResults.flatMap((file) => {
    const path = relative(root, file.name)
    const failed = file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({ name: `${path}: ${fullName}`, message: failureMessages.join('\n') }))
    return failed.length === 0 && file.status !== 'passed' ? [{ name: path, message: file.message }] : failed
  })
}

function failure(name: string, message = ''): Result {
  return { ...NOTHING, failures: [{ name, message }] }
}

/** The beginning of a message, below its title. */
function indented(message: string): string {
  return message === '' ? '' : `\n  ${message.slice(0, 600).replaceAll('\n', '\n  ')}`
}

async function ensureImages(): Promise<void> {
  await ensureDocker()
  await ensureTestImages()
}

function run(program: string, args: string[], show: boolean): Promise<{ code: number; output: string }> {
  const child = spawn(program, args, { cwd: root, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
