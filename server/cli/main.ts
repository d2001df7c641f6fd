import { Command } from 'commander'
import { messageOf } from '../errors.ts'
import { certCommand } from './cert.ts'

/** `thon <command>`: what organisers do at a shell. Each command is a file of its own here. */
const program = new Command('thon')
  .description('THON, The Hackathon Organizer Node: a VS Code in the browser for everyone in the hall.')
  .showHelpAfterError('(thon --help says what there is)')
  .addCommand(certCommand(process.env))

try {
  await program.parseAsync()
} catch (error) {
  console.error(`thon: ${messageOf(error)}`)
  process.exitCode = 1
}
