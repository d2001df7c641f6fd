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
 * Runs a server: reads the environment and thon.yaml, starts, prints the addresses, and obeys signals.
 * @throws EnvError, or any error that keeps it from starting
 */
export async function startServer(
  environment: Record<string, string | undefined>,
  { config, dev, json }: StartOptions,
): Promise<void> {
  const env = loadEnv(environment, await readConfigFile(configFileOf(environment, config)))
  const app = await createApp(env, { dashboard: dev ? 'dev' : 'built' })
  console.log(json ? JSON.stringify(announcementJson(env, app)) : announcementText(env, app))
  obeySignals(app, environment, json ? console.error : console.log)
}

/**
 * Stops cleanly on Ctrl-C, on SIGTERM, and when the terminal is closed (SIGHUP). On SIGUSR2, starts THON again in this process and
 * leaves the proxy running, so that people's IDEs stay connected.
 */
export function obeySignals(
  app: App,
  environment: Record<string, string | undefined>,
  say: (text: string) => void,
): void {
  let ending = false
  process.on('SIGUSR2', () => {
    if (ending) return
    ending = true
    say('\nSIGUSR2: starting again. Sandboxes stay connected.')
    const failed = (error: unknown) => {
      console.error(`THON did not start again: ${describeError(error)}`)
      process.exit(1)
    }
    app
      .close(true)
      .then(() => startAgain(environment))
      .catch(failed)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
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

/**
 * Replaces this program by a new start of itself. The process stays the same for npm, service managers and containers.
 * @throws Error where the system has no such call (Windows)
 */
function startAgain(environment: Record<string, string | undefined>): never {
  const { execPath, execArgv, argv } = process
  if (!process.execve) throw new Error('This system cannot replace a running program. Stop THON, and start it again.')
  const variables = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return process.execve(
    execPath,
    [execPath, ...execArgv, ...argv.slice(1)],
    Object.fromEntries(variables) as Record<string, string>,
  )
}
