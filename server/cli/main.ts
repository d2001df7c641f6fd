import { Command } from 'commander'
import { EnvError } from '../env.ts'
import { messageOf } from '../errors.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { Refused } from './backend.ts'
import { certCommand } from './cert.ts'
import { configCommand } from './config.ts'
import { doctorCommand } from './doctor.ts'
import { groupsCommand } from './groups.ts'
import { importLegacyCommand } from './import-legacy.ts'
import { launchCommand } from './launch.ts'
import { serveCommand } from './serve.ts'
import { endOf, EXIT } from './shell.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tokenCommand } from './token.ts'

const HELP = `
Every command takes --json, and --config for another thon.yaml. They talk to the THON that runs with the same database; where
none does, they open the database themselves.

Ends with 0 when it is done, 1 when it is not or not all of it, 2 for a call that it does not know.`

/** `thon <command>`: what organisers do at a shell. Each command is a file of its own here. */
const program = new Command('thon')
  .description('THON, The Hackathon Organizer Node: a VS Code in the browser for everyone in the hall.')
  .showHelpAfterError('(thon --help says what there is)')
  .exitOverride(endOf)
  .addHelpText('after', HELP)

for (const make of [
  ...[serveCommand, launchCommand, statusCommand, stopCommand, groupsCommand, configCommand, doctorCommand],
  ...[tokenCommand, backupCommand, restoreCommand, importLegacyCommand, certCommand],
])
  program.addCommand(make(process.env))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof EnvError)
    console.error(`thon: the configuration has faults:\n${error.message.replace(/^/gm, '  ')}`)
  else console.error(`thon: ${messageOf(error)}`)
  if (error instanceof Refused)
    for (const { field, message } of error.fields)
      if (!error.message.includes(message)) console.error(`  ${field}: ${message}`)
  process.exitCode = EXIT.failed
}
