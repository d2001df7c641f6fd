/**
 * Runs everything: `npm test`. The checks (types, lint, generated files), then the suites, each with the set-up it needs.
 * Says aloud what it skips and why; in CI nothing may be skipped, but for suites that need an image which no Debian package
 * brings: those run where it is, and say so where it is not. Ends with one line over all suites.
 *
 * usage: node tests/run.ts [--checks] [suite ...]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './kit/chromium.ts'
import { lacksCodeServer } from './kit/code-server.ts'
import { ensureDocker, ensureTestImages } from './kit/docker.ts'
import { ensureFrontProxies } from './kit/front-proxies.ts'

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
  ['schema.graphql is what the server serves', 'node', ['server/graphql/print.ts', '--check']],
  ['generated GraphQL documents are up to date', 'node', ['codegen.ts', '--check']],
  ['migrations agree with the Prisma schema', 'node', ['scripts/migration.ts', '--check']],
  ['thon.yaml.example and the README have every variable', 'node', ['scripts/manual.ts', '--check']],
  ['no unused files, exports or dependencies', 'knip', []],
]

interface Suite {
  name: string
  /** Makes the machine ready; throws with what is missing when it cannot. */
  prepare?: () => Promise<void>
  /** Files that run side by side. */
  workers: number
  /** Why it cannot run here, and what to do; null when it can. Such a suite may be left out, also in CI. */
  lacks?: () => Promise<string | null>
}

const SUITES: Suite[] = [
  { name: 'unit', workers: 2 },
  { name: 'api', workers: 2 },
  { name: 'docker', workers: 1, prepare: async () => void (await ensureDocker(), await ensureTestImages()) },
  { name: 'contract', workers: 1, prepare: async () => void (await ensureDocker(), await ensureTestImages()) },
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
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 }
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const onlyChecks = process.argv.includes('--checks')

if (wanted.length === 0) for (const check of CHECKS) add(await runCheck(...check))
if (!onlyChecks)
  for (const suite of SUITES) if (wanted.length === 0 || wanted.includes(suite.name)) add(await runSuite(suite))
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || (inCI && total.skipped > 0) ? 1 : 0

function add(tally: Tally): void {
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
}

async function runCheck(title: string, command: string, args: string[]): Promise<Tally> {
  const began = Date.now()
  const { code, output } = await run(command, args, false)
  console.log(`${code === 0 ? '✓' : '✗'} ${title} (${seconds(began)})`)
  if (code !== 0) console.log(output)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

async function runSuite({ name, prepare, workers, lacks }: Suite): Promise<Tally> {
  try {
    await prepare?.()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    console.log(`\n${inCI ? '✗' : '!'} suite ${name} ${inCI ? 'could not be prepared' : 'SKIPPED'}: ${why}`)
    return inCI ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 }
  }
  const lack = await lacks?.()
  if (lack) {
    console.log(`\n! suite ${name} left out: ${lack}`)
    return { passed: 0, failed: 0, skipped: 0 }
  }
  console.log(`\nSuite ${name}`)
  const dir = mkdtempSync(join(tmpdir(), 'thon-results-'))
  const report = join(dir, 'report.json')
  const { code } = await run(
    'vitest',
    [
      'run',
      `tests/${name}/`,
      `--maxWorkers=${workers}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    true,
  )
  try {
    return count(JSON.parse(readFileSync(report, 'utf8')), code)
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function count(
  report: { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number },
  code: number,
): Tally {
  const failed = report.numFailedTests || (code === 0 ? 0 : 1)
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests }
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
