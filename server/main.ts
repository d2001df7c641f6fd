import { createApp, type App } from './app.ts'
import { organiser } from './auth/viewer.ts'
import { configFileOf, readConfigFile } from './config-file.ts'
import { EnvError, loadEnv } from './env.ts'
import { messageOf } from './errors.ts'
import { announce } from './announce.ts'

/** `node server/main.ts [--dev] [--config FILE]`: reads the environment and thon.yaml, starts, says where to go, and ends cleanly on Ctrl-C and SIGTERM. */
async function main(): Promise<void> {
  const given = process.argv.indexOf('--config')
  const file = configFileOf(process.env, given < 0 ? undefined : process.argv[given + 1])
  const env = loadEnv(process.env, await readConfigFile(file))
  const app = await createApp(env, { dashboard: process.argv.includes('--dev') ? 'dev' : 'built' })
  console.log(announce(env, app))
  endOnSignals(app)
}

function endOnSignals(app: App): void {
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second one means it: do not wait for anybody.
      if (ending) process.exit(1)
      ending = true
      const survive = !app.services.engine.view(organiser).cannot.includes('survival')
      console.log(`\n${signal}: closing. ${survive ? 'Sandboxes keep running.' : 'Sandboxes end too.'}`)
      app.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
}

function fail(error: unknown): never {
  if (error instanceof EnvError)
    console.error(`THON cannot start with this configuration:\n${error.message.replace(/^/gm, '  ')}`)
  else
    console.error(
      `THON cannot start: ${messageOf(error)}${process.env.THON_LOG_LEVEL === 'debug' ? `\n${(error as Error).stack}` : ''}`,
    )
  process.exit(1)
}

main().catch(fail)
