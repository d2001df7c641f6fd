import type { Command } from 'commander'
import { startServer } from '../start.ts'
import { command, type Common, type Variables } from './shell.ts'

/** `thon serve`: runs the server until Ctrl-C. */
export function serveCommand(variables: Variables): Command {
  return command('serve', 'run THON until Ctrl-C: dashboard, GraphQL, REST and the sandboxes’ addresses')
    .option('--dev', 'serve the dashboard’s sources, with hot reload')
    .action(({ config, dev }: Common & { dev?: true }) => startServer(variables, { config, dev: dev === true }))
}
