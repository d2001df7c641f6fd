/**
 * Writes schema.graphql, the description of the GraphQL API: `npm run schema`.
 *
 * usage: node scripts/print-schema.ts [--check]    --check fails when the file is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from '../server/app/schema.ts'

const path = join(import.meta.dirname, '..', 'schema.graphql')
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`

if (!process.argv.includes('--check')) writeFileSync(path, printed)
else if (readFileSync(path, 'utf8') !== printed) {
  console.error('schema.graphql is not what the server serves. Run: npm run schema')
  process.exitCode = 1
}
