import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../app/start.ts'
import { backupCommand } from './backup.ts'
import { certCommand } from './cert.ts'
import { cleanupCommand } from './cleanup.ts'
import { configCommand } from './config.ts'
import { doctorCommand } from './doctor.ts'
import { groupsCommand } from './groups.ts'
import { importLegacyCommand } from './import-legacy.ts'
import { launchCommand } from './launch.ts'
import { restoreCommand } from './restore.ts'
import { command, exitAfterParsing, reportFailure, type CommonOptions, type Variables } from './shell.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tokenCommand } from './token.ts'

const HELP = `
Every command takes --json, and --config for another thon.yaml. Commands talk to the THON that runs with the same database. If none
runs, they open the database themselves.

Exit codes: 0 done, 1 not done or not all of it, 2 unknown command or option.`

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}

/** `thon serve`: runs the server until Ctrl-C. With --json, the first line on stdout says where it listens. */
function serveCommand(variables: Variables): Command {
  return command('serve', 'run THON until Ctrl-C: dashboard, GraphQL, REST and the addresses of sandboxes')
    .option('--dev', 'serve the dashboard from its sources, with hot reload')
    .action(({ config, dev, json }: CommonOptions & { dev?: true }) =>
      startServer(variables, { config, dev: dev === true, json: json === true }).catch((error: unknown) =>
        // Parts that are open by then would keep the process alive.
        process.exit(reportFailure(error)),
      ),
    )
}

/** `thon <command>`: what organizers do in a terminal. Each command has a file of its own. */
const program = new Command('thon')
  .description('THON, The Hackathon Organizer Node: VS Code in the browser for everyone at your hackathon.')
  .version(version)
  .showHelpAfterError('(thon --help lists the commands)')
  .exitOverride(exitAfterParsing)
  .addHelpText('after', HELP)

for (const createCommand of [
  ...[serveCommand, launchCommand, statusCommand, stopCommand, groupsCommand, configCommand, doctorCommand],
  ...[tokenCommand, backupCommand, restoreCommand, importLegacyCommand, certCommand, cleanupCommand],
])
  program.addCommand(createCommand(process.env))

// npm runs its scripts in the package's folder, but people name files relative to where they are.
if (process.env.npm_lifecycle_event === 'thon' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = reportFailure(error)
}
