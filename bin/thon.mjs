#!/usr/bin/env node
/** The `thon` command. Plain JavaScript for whatever Node is there, 20 or newer: the command itself runs on the Node 24 of the packages. */
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
// As `npm start` has it: less memory, for a server that runs for days.
const flags = process.argv[2] === 'serve' ? ['--max-semi-space-size=4'] : []
const child = spawn(node, [...flags, join(root, 'server', 'cli', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// Ctrl-C reaches the child by the terminal; whoever ends this process means the child.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('error', (error) => {
  console.error(`thon could not be run: ${error.message}`)
  process.exit(1)
})
// As shells have it, for what a signal ended.
child.on('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 0)))
