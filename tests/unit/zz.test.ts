import { expect, test } from 'vitest'
import { Logged } from '../kit/logged.ts'
import { createLog } from '../../server/log.ts'
import fs from 'node:fs'
import { createRequire } from 'node:module'
test('x', () => {
  const l = Logged.listen(); l.expect(/hello/)
  console.log(createRequire(import.meta.url)('fs').writeSync === fs.writeSync, fs.writeSync.name)
  createLog('error').error('hello')
  expect(l.lines).toHaveLength(1)
})
