/**
 * Everything a fresh clone needs before it can start or be tested, done only when needed: packages (which bring Node 24),
 * the Prisma client, the built dashboard. Plain JavaScript, because the Node that runs it first may be as old as 20.
 *
 * usage: node scripts/setup.mjs [--web]    --web builds the dashboard too
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const stamps = join(root, 'node_modules', '.thon')
const bin = join(root, 'node_modules', '.bin')

const [major] = process.versions.node.split('.').map(Number)
if ((major ?? 0) < 20) fail(`THON needs Node 20 or newer to install itself; this is ${process.version}.`)

const packages = hash(['package.json', 'package-lock.json'])
await step('packages', packages, 'Installing packages (once, about a minute)', async () => {
  rmSync(stamps, { recursive: true, force: true })
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!bringsNode24()) await run('npm', ['rebuild', 'node'])
  if (!bringsNode24())
    fail('The package "node" did not bring Node 24. Is npm set to run no install scripts (ignore-scripts)?')
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

/** Runs the work unless its stamp says that it was done for just this input. */
async function step(name, key, title, work) {
  const stamp = join(stamps, name)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key && isThere(name)) return
  const began = Date.now()
  process.stdout.write(`${title} …`)
  const dots = setInterval(() => process.stdout.write('.'), 3000)
  try {
    await work()
  } finally {
    clearInterval(dots)
  }
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, key)
  process.stdout.write(` done in ${Math.round((Date.now() - began) / 100) / 10} s\n`)
}

/** A stamp is worth nothing when somebody deleted what it stands for. */
function isThere(name) {
  const results = {
    packages: bin,
    client: 'prisma/generated/client/client.ts',
    kit: 'web/.svelte-kit/types',
    web: 'web/build/handler.js',
  }
  return existsSync(join(root, results[name].replace(root, '')))
}

/** Runs a command quietly; what it printed is shown only when it fails. */
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
    child.on('error', (error) => fail(`${command} could not be run: ${error.message}`))
    child.on('close', (code) =>
      code === 0 ? resolve() : fail(`${command} ${args.join(' ')} ended with code ${code}:\n${output}`),
    )
  })
}

function bringsNode24() {
  const found = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' })
  return found.stdout?.startsWith('v24.') ?? false
}

/** One hash over files and whole folders, names included. */
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
