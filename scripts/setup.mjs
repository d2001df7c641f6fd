/**
 * Prepares a fresh clone, and does again only what has changed: packages (they include Node 24), the Prisma client, the built dashboard.
 * Plain JavaScript, because the installed Node may be as old as 20.
 *
 * usage: node scripts/setup.mjs [--web]    --web builds the dashboard as well
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const stamps = join(root, 'node_modules', '.thon')
const bin = join(root, 'node_modules', '.bin')

const [major] = process.versions.node.split('.').map(Number)
if ((major ?? 0) < 20) fail(`THON needs Node 20 or newer to install itself; you have ${process.version}.`)

const packages = hash(['package.json', 'package-lock.json'])
await step('packages', packages, 'Installing packages (once, about a minute)', async () => {
  rmSync(stamps, { recursive: true, force: true })
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!hasNode24()) await run('npm', ['rebuild', 'node'])
  if (!hasNode24())
    fail('The package "node" did not install Node 24. Let npm run install scripts: ignore-scripts must not be set.')
})
const client = packages + hash(['prisma/schema.prisma', 'prisma.config.ts'])
await step('client', client, 'Generating the database client', () => run('prisma', ['generate']))
await step('kit', packages + hash(['web/vite.config.ts']), 'Preparing the dashboard', () =>
  run('svelte-kit', ['sync', '--config', 'web/vite.config.ts']),
)
if (process.argv.includes('--web')) {
  const sources =
    packages + hash(['schema.graphql', 'web/src', 'web/static', 'web/vite.config.ts', 'web/tsconfig.json'])
  await step('web', sources, 'Building the dashboard', () =>
    run('vite', ['build', '--logLevel', 'warn'], join(root, 'web')),
  )
}

/** Does the work, unless its stamp says that it was done for the same input. */
async function step(name, key, title, work) {
  const stamp = join(stamps, name)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key && resultExists(name)) return
  const start = Date.now()
  process.stdout.write(`${title} …`)
  const dots = setInterval(() => process.stdout.write('.'), 3000)
  try {
    await work()
  } finally {
    clearInterval(dots)
  }
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, key)
  process.stdout.write(` done in ${Math.round((Date.now() - start) / 100) / 10} s\n`)
}

/** The result of a step may have been deleted since. */
function resultExists(name) {
  const results = {
    packages: bin,
    client: 'prisma/generated/client/client.ts',
    kit: 'web/.svelte-kit/types',
    web: 'web/build/handler.js',
  }
  return existsSync(join(root, results[name].replace(root, '')))
}

/** Runs a command and shows its output only when it fails. */
function run(command, args, cwd = root) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`${command} could not start: ${error.message}`))
    child.on('close', (code) =>
      code === 0 ? resolve() : fail(`${command} ${args.join(' ')} exited with code ${code}:\n${output}`),
    )
  })
}

function hasNode24() {
  const found = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
  return found.stdout?.startsWith('v24.') ?? false
}

/** One hash of files and whole folders, including names. */
function hash(paths) {
  const sum = createHash('sha256')
  for (const path of paths) add(sum, path)
  return sum.digest('hex')
}

function add(sum, path) {
  const full = join(root, path)
  if (!existsSync(full)) return
  if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) add(sum, `${path}/${name}`)
  else sum.update(`${path}\0`).update(readFileSync(full)).update('\0')
}

function fail(message) {
  console.error(`\n${message}`)
  process.exit(1)
}
