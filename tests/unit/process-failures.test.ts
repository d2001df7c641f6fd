import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { withoutSecrets } from '../../server/core/log.ts'

const MODULE = join(import.meta.dirname, '../../server/core/process-failures.ts')

test('a process survives errors that reach no handler, counts them, and reports each without its secrets', async () => {
  const script = `
    import { processFailures, surviveFailures } from ${JSON.stringify(MODULE)}
    surviveFailures((failure) => console.log(JSON.stringify(failure)))
    void Promise.reject(new Error('Bearer thon_0123456789abcdefghij'))
    setTimeout(() => { throw 'a text' })
    setTimeout(() => { console.log(processFailures()) }, 100)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const [rejection, exception, count] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(rejection).toMatchObject({ kind: 'unhandledRejection', message: 'Bearer ***' })
  expect(JSON.stringify(rejection)).not.toContain('0123456789')
  expect(exception).toEqual({ kind: 'uncaughtException', message: 'a text' })
  expect(count).toBe(2)
})

test.for([
  ['token thon_abcdefghijklmnopqrstuvwxyz012345-_ was refused', 'token *** was refused'],
  ['cookie session=v1:abcdefgh12345678:0123456789abcdef', 'cookie session=***'],
  ['session=v1%3Aabcdefgh12345678%3A0123456789abcdef', 'session=***'],
  ['authorization: Bearer abc.def.ghi', 'authorization: Bearer ***'],
  ['GET /.thon/enter?code=abcdefghijklmnopqrstuvwx&to=/', 'GET /.thon/enter?code=***&to=/'],
  ['thon-pass=WyJhbHBoYS1hbm4iXQ.abcdefgh', 'thon-pass=***'],
  ['exit code=137, thon_pid 12, v1:x', 'exit code=137, thon_pid 12, v1:x'],
] as const)('%s is logged as %s', ([text, logged]) => {
  expect(withoutSecrets(text)).toBe(logged)
})
