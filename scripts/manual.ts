/**
 * Writes thon.yaml.example and the tables in docs/configuration.md from `server/config/variables.ts`.
 *
 * usage: node scripts/manual.ts [--check]    --check fails when they are out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationPage, exampleYaml } from '../server/config/manual.ts'

const root = join(import.meta.dirname, '..')
const page = 'docs/configuration.md'
const files = {
  'thon.yaml.example': exampleYaml(),
  [page]: configurationPage(readFileSync(join(root, page), 'utf8')),
}

for (const [name, text] of Object.entries(files)) {
  const path = join(root, name)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${name} does not match server/config/variables.ts. Run: node scripts/manual.ts`)
    process.exitCode = 1
  }
}
