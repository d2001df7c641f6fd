import type { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockHolderOf } from '../db/lock.ts'
import { CommandError } from './backend.ts'
import { command, print, withBackend, type CommonOptions, type Variables } from './shell.ts'

/** How long THON may take to stop and start, in milliseconds. */
const RESTART_MS = 120_000
const POLL_MS = 100

/** `thon restart`: starts the running THON again, as after an upgrade. Open IDEs, terminals and downloads go on. */
export function restartCommand(variables: Variables): Command {
  return command('restart', 'start THON again; sandboxes and everything open in them go on').action(
    (options: CommonOptions) =>
      withBackend(variables, options, async (backend, { dbPath }) => {
        const before = lockHolderOf(dbPath)
        // A note that a killed THON has left names a process that may be somebody else's by now.
        if (backend.url === null || !before) throw new CommandError('THON is not running. Start it with `thon serve`.')
        process.kill(before.pid, 'SIGUSR2')
        const url = await urlAfter(dbPath, before.token)
        print(options, { server: url }, () => `THON runs again at ${url}.`)
      }),
  )
}

/** Waits for another start of THON. @param token of the one before */
async function urlAfter(dbPath: string, token: string): Promise<string> {
  for (const end = Date.now() + RESTART_MS; Date.now() < end;) {
    await sleep(POLL_MS)
    const holder = lockHolderOf(dbPath)
    const [url] = holder && holder.token !== token ? holder.urls : []
    if (url !== undefined) return url
  }
  throw new CommandError('THON did not start again. Its own output says why.')
}
