/** `node server/main.ts [--dev] [--config FILE]`, as `npm start` runs it; `thon serve` is the same. */
import { startServer } from './start.ts'

const given = process.argv.indexOf('--config')
await startServer(process.env, {
  config: given < 0 ? undefined : process.argv[given + 1],
  dev: process.argv.includes('--dev'),
})
