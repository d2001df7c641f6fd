/**
 * Writes what is made of `server/config/variables.ts`: thon.yaml.example, and the tables of variables in the README.
 *
 * usage: node scripts/manual.ts [--check]    --check fails when they differ
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleYaml, readmeTables } from '../server/config/manual.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const wanted = { 'thon.yaml.example': exampleYaml(), 'README.md': readmeTables(readme) }

for (const [name, text] of Object.entries(wanted)) {
  const path = join(root, name)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is not what server/config/variables.ts says. Run: node scripts/manual.ts`)
    process.exitCode = 1
  }
}
