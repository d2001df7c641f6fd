#!/usr/bin/env node
/** The `thon` command. Plain JavaScript, because the installed Node may be as old as 20: it runs the command with the Node 24 in node_modules. */
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '..')
const windows = process.platform === 'win32'
const node = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node')

if (!existsSync(node)) {
  console.error(`THON is not set up yet. Run this once: cd ${root} && node scripts/setup.mjs`)
  process.exit(1)
}
// Like `npm start`: less memory for a server that runs for days.
const flags = process.argv[2] === 'serve' ? ['--max-semi-space-size=4'] : []
const child = spawn(node, [...flags, join(root, 'server', 'cli', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// The terminal sends Ctrl-C to the child as well. A signal to this process alone is passed on.
process.on('SIGINT', () => undefined)
for (const signal of ['SIGTERM', 'SIGHUP', ...(windows ? [] : ['SIGUSR2'])])
  process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`thon could not start: ${error.message}`)
  process.exit(1)
})
// The exit code that shells use after a signal.
child.on('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 0)))
