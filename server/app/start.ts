import { announce, announcement } from './announce.ts'
import { createApp, type App } from './app.ts'
import { organizer } from '../core/viewer.ts'
import { configFileOf, readConfigFile } from './config-file.ts'
import { loadEnv } from '../config/env.ts'
import { messageOf } from '../core/errors.ts'

/** How a server is started. */
export interface StartOptions {
  /** The thon.yaml that was named; `~/.thon/thon.yaml` otherwise, if there is one. */
  config: string | undefined
  /** Serve the dashboard's sources with hot reload. */
  dev: boolean
  /** Say where to go as one line of JSON on stdout, and all else on stderr. */
  json?: boolean
}

/**
 * Runs a server: reads the environment and thon.yaml, starts, says where to go, and ends cleanly on Ctrl-C and SIGTERM.
 * @throws EnvError, and whatever keeps it from starting
 */
export async function startServer(
  environment: Record<string, string | undefined>,
  { config, dev, json }: StartOptions,
): Promise<void> {
  const env = loadEnv(environment, await readConfigFile(configFileOf(environment, config)))
  const app = await createApp(env, { dashboard: dev ? 'dev' : 'built' })
  console.log(json ? JSON.stringify(announcement(env, app)) : announce(env, app))
  endOnSignals(app, json ? console.error : console.log)
}

function endOnSignals(app: App, say: (text: string) => void): void {
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second one means it: do not wait for anybody.
      if (ending) process.exit(1)
      ending = true
      const survive = !app.services.engine.view(organizer).cannot.includes('survival')
      say(`\n${signal}: closing. ${survive ? 'Sandboxes keep running.' : 'Sandboxes end too.'}`)
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(`THON did not end cleanly: ${messageOf(error)}`)
          process.exit(1)
        },
      )
    })
  }
}
