import type { Command } from 'commander'
import { startServer } from '../app/start.ts'
import { command, fail, type Common, type Variables } from './shell.ts'

/** `thon serve`: runs the server until Ctrl-C. With --json its first line says where it is. */
export function serveCommand(variables: Variables): Command {
  return command('serve', 'run THON until Ctrl-C: dashboard, GraphQL, REST and the sandboxes’ addresses')
    .option('--dev', 'serve the dashboard’s sources, with hot reload')
    .action(({ config, dev, json }: Common & { dev?: true }) =>
      startServer(variables, { config, dev: dev === true, json: json === true }).catch((error: unknown) =>
        // Whatever was opened by then must not keep it from ending.
        process.exit(fail(error)),
      ),
    )
}
