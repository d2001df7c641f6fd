import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { backupCommand, restoreCommand } from './backup.ts'
import { certCommand } from './cert.ts'
import { configCommand } from './config.ts'
import { doctorCommand } from './doctor.ts'
import { groupsCommand } from './groups.ts'
import { importLegacyCommand } from './import-legacy.ts'
import { launchCommand } from './launch.ts'
import { serveCommand } from './serve.ts'
import { endOf, fail } from './shell.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tokenCommand } from './token.ts'

const HELP = `
Every command takes --json, and --config for another thon.yaml. They talk to the THON that runs with the same database; where
none does, they open the database themselves.

Ends with 0 when it is done, 1 when it is not or not all of it, 2 for a call that it does not know.`

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string
}

/** `thon <command>`: what organizers do at a shell. Each command is a file of its own here. */
const program = new Command('thon')
  .description('THON, The Hackathon Organizer Node: a VS Code in the browser for everyone in the hall.')
  .version(version)
  .showHelpAfterError('(thon --help says what there is)')
  .exitOverride(endOf)
  .addHelpText('after', HELP)

for (const make of [
  ...[serveCommand, launchCommand, statusCommand, stopCommand, groupsCommand, configCommand, doctorCommand],
  ...[tokenCommand, backupCommand, restoreCommand, importLegacyCommand, certCommand],
])
  program.addCommand(make(process.env))

// npm runs its scripts in the folder of the package; whoever calls names files from where they are.
if (process.env.npm_lifecycle_event === 'thon' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = fail(error)
}
