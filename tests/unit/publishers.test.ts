import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', 'server')

/** What is published without a row: it comes from no table, so no transaction can hold it. */
const SIGNALS = {
  'app/app.ts': ['engine', 'engine'],
  'auth/principals.ts': ['principal'],
  'engine/network/sandbox-network.ts': ['engine'],
  'engine/watcher.ts': ['engine'],
  'instances/repository.ts': ['instance'],
  'instances/sync/start-queue.ts': ['engine'],
}

/** The files that publish to `Events` themselves, and the topics. */
function publishers(): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const file of globSync('**/*.ts', { cwd: root })) {
    if (file === 'db/unit-of-work.ts') continue
    const text = readFileSync(join(root, file), 'utf8')
    const topics = [...text.matchAll(/events\.publish\(\s*'(\w+)'/g)].map(([, topic]) => topic as string)
    if (topics.length > 0) found[file] = topics
  }
  return found
}

test('changes of rows are published by the unit of work alone', () => {
  expect(publishers()).toEqual(SIGNALS)
})

test('no service opens a transaction of its own', () => {
  const opens = globSync('**/*.ts', { cwd: root }).filter((file) =>
    readFileSync(join(root, file), 'utf8').includes('.$transaction('),
  )
  expect(opens).toEqual(['db/unit-of-work.ts'])
})
