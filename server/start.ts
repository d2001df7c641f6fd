import { announce } from './announce.ts'
import { createApp, type App } from './app.ts'
import { organiser } from './auth/viewer.ts'
import { configFileOf, readConfigFile } from './config-file.ts'
import { EnvError, loadEnv } from './env.ts'
import { messageOf } from './errors.ts'

/** How a server is started. */
export interface StartOptions {
  /** The thon.yaml that was named; `~/.thon/thon.yaml` otherwise, if there is one. */
  config: string | undefined
  /** Serve the dashboard's sources with hot reload. */
  dev: boolean
}

/**
 * Runs a server: reads the environment and thon.yaml, starts, says where to go, and ends cleanly on Ctrl-C and SIGTERM. What
 * keeps it from starting is printed, and ends the process with 1.
 */
export async function startServer(
  environment: Record<string, string | undefined>,
  { config, dev }: StartOptions,
): Promise<void> {
  try {
    const env = loadEnv(environment, await readConfigFile(configFileOf(environment, config)))
    const app = await createApp(env, { dashboard: dev ? 'dev' : 'built' })
    console.log(announce(env, app))
    endOnSignals(app)
  } catch (error) {
    fail(error, environment.THON_LOG_LEVEL === 'debug')
  }
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
        (error: unknown) => fail(error, false),
      )
    })
  }
}

function fail(error: unknown, withStack: boolean): never {
  if (error instanceof EnvError)
    console.error(`THON cannot start with this configuration:\n${error.message.replace(/^/gm, '  ')}`)
  else console.error(`THON cannot start: ${messageOf(error)}${withStack ? `\n${(error as Error).stack}` : ''}`)
  process.exit(1)
}
