/** `node server/main.ts [--dev] [--config FILE]`, as `npm start` runs it; `thon serve` is the same. */
import { EnvError } from './config/env.ts'
import { describeError } from './core/errors.ts'
import { startServer } from './app/start.ts'

const given = process.argv.indexOf('--config')
try {
  await startServer(process.env, {
    config: given < 0 ? undefined : process.argv[given + 1],
    dev: process.argv.includes('--dev'),
  })
} catch (error) {
  const stack = process.env.THON_LOG_LEVEL === 'debug' ? `\n${(error as Error).stack}` : ''
  if (error instanceof EnvError)
    console.error(`THON cannot start with this configuration:\n${error.message.replace(/^/gm, '  ')}`)
  else console.error(`THON cannot start: ${describeError(error)}${stack}`)
  process.exit(1)
}
