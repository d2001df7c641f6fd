import { announcementText, announcementJson } from './announce.ts'
import { createApp, type App } from './app.ts'
import { organizer } from '../core/viewer.ts'
import { configFileOf, readConfigFile } from './config-file.ts'
import { loadEnv } from '../config/env.ts'
import { describeError } from '../core/errors.ts'

/** How to start a server. */
export interface StartOptions {
  /** Path of a thon.yaml; by default `~/.thon/thon.yaml`, if that exists. */
  config: string | undefined
  /** Serve the dashboard's sources with hot reload. */
  dev: boolean
  /** Print the addresses as one line of JSON on stdout, and everything else on stderr. */
  json?: boolean
}

/**
 * Runs a server: reads the environment and thon.yaml, starts, prints the addresses, and stops cleanly on Ctrl-C and SIGTERM.
 * @throws EnvError, or any error that keeps it from starting
 */
export async function startServer(
  environment: Record<string, string | undefined>,
  { config, dev, json }: StartOptions,
): Promise<void> {
  const env = loadEnv(environment, await readConfigFile(configFileOf(environment, config)))
  const app = await createApp(env, { dashboard: dev ? 'dev' : 'built' })
  console.log(json ? JSON.stringify(announcementJson(env, app)) : announcementText(env, app))
  endOnSignals(app, json ? console.error : console.log)
}

function endOnSignals(app: App, say: (text: string) => void): void {
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (ending) process.exit(1)
      ending = true
      const survive = !app.services.engine.view(organizer).cannot.includes('survival')
      say(`\n${signal}: stopping. ${survive ? 'Sandboxes keep running.' : 'Sandboxes stop, too.'}`)
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(`THON did not stop cleanly: ${describeError(error)}`)
          process.exit(1)
        },
      )
    })
  }
}
