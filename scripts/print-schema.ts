/** Writes schema.graphql, the public manual of the API: `npm run schema`. With --check it fails when the file differs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from '../server/app/schema.ts'

const path = join(import.meta.dirname, '..', 'schema.graphql')
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`

if (!process.argv.includes('--check')) writeFileSync(path, printed)
else if (readFileSync(path, 'utf8') !== printed) {
  console.error('schema.graphql is not what the server serves; run: npm run schema')
  process.exitCode = 1
}
