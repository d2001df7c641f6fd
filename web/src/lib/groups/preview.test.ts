import { expect, test } from 'vitest'
import type { Report } from './files.ts'
import { previewOf } from './preview.ts'

type Change = Report['changes'][number]

const change = (kind: Change['kind'], name: string, action: Change['action']): Change => ({
  ...{ kind, name, action },
  detail: null,
})
const previewFor = (...changes: Change[]) => previewOf({ applied: false, changes })

test('a summary says what an import will do, and counts what stays', () => {
  const { counts } = previewFor(
    change('EVENT', 'hack', 'CREATE'),
    change('GROUP', 'alpha', 'CREATE'),
    change('USER', 'alpha/ann', 'CREATE'),
    change('USER', 'alpha/bob', 'CREATE'),
    change('GROUP', 'beta', 'UPDATE'),
    change('USER', 'beta/cy', 'KEEP'),
  )
  expect(counts.map(({ text }) => text)).toEqual([
    'will create 1 event, 1 group, 2 users',
    'will update 1 group',
    '1 user unchanged',
  ])
})

test('users are listed under their group by their own name, and unchanged ones only counted', () => {
  const { groups } = previewFor(
    change('GROUP', 'a/b', 'KEEP'),
    change('USER', 'a/b/ann', 'KEEP'),
    change('USER', 'a/b/bob', 'CREATE'),
  )
  expect(groups).toMatchObject([{ group: { name: 'a/b' }, users: [{ name: 'bob' }], kept: 1 }])
})
