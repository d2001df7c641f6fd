import { Command, CommanderError } from 'commander'
import { constants } from 'node:os'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { EnvError, loadEnv, type Env } from '../config/env.ts'
import { AppError, messageOf } from '../core/errors.ts'
import { clearBar } from './progress.ts'
import { Misused, openBackend, Refused, type Backend } from './backend.ts'

/** The variables that commands go by. */
export type Variables = Record<string, string | undefined>

/** What every command takes. */
export interface Common {
  config?: string
  json?: true
}

/** Exit codes: done, not (all) done, and called in a way that it does not know. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** A command with what every command takes. A wrong call ends with 2. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', 'the thon.yaml to go by, instead of ~/.thon/thon.yaml')
    .option('--json', 'print JSON for programs')
    .showHelpAfterError('(--help says what there is)')
    .exitOverride(endOf)
}

/** Commander's way out, with 2 for a wrong call, which it has explained by then. */
export function endOf(error: CommanderError): never {
  if (error.exitCode === 0) process.exit(EXIT.done)
  if (wantsJson()) printFault({ message: error.message.replace(/^error: /, ''), code: 'USAGE', fields: [] })
  process.exit(EXIT.usage)
}

/** Says on stderr why a command was not done, and with --json on stdout too, as JSON. @returns the exit code */
export function fail(error: unknown): number {
  clearBar()
  const isConfig = error instanceof EnvError
  const { code, fields } =
    error instanceof Refused || error instanceof AppError
      ? error
      : { code: isConfig ? 'CONFIGURATION' : 'FAILED', fields: [] }
  const message = messageOf(error)
  if (wantsJson()) printFault({ message, code, fields })
  console.error(`thon: ${isConfig ? `the configuration has faults:\n${message.replace(/^/gm, '  ')}` : message}`)
  for (const one of fields) if (!message.includes(one.message)) console.error(`  ${one.field}: ${one.message}`)
  // What it waited for goes on waiting otherwise.
  if (error instanceof Interrupted) process.exit(error.exitCode)
  return error instanceof Misused ? EXIT.usage : EXIT.failed
}

function printFault(error: { message: string; code: string; fields: Refused['fields'] }): void {
  console.log(JSON.stringify({ error }, null, 2))
}

function wantsJson(): boolean {
  return process.argv.includes('--json')
}

/** The configuration as a server started here would have it. @throws EnvError */
export async function envOf(variables: Variables, { config }: Common): Promise<Env> {
  return loadEnv(variables, await readConfigFile(configFileOf(variables, config)))
}

/** Runs something against the running server, or with the database opened here; closes it in any case. */
export async function withBackend<T>(
  variables: Variables,
  options: Common,
  act: (backend: Backend, env: Env) => Promise<T>,
): Promise<T> {
  const env = await envOf(variables, options)
  const backend = await openBackend(env)
  try {
    return await Promise.race([act(backend, env), interrupted(backend)])
  } finally {
    await backend.close()
  }
}

/** Somebody ended the command before it was through. */
class Interrupted extends Refused {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM', backend: Backend) {
    const where = backend.url === null ? 'when THON runs again' : 'in the THON that runs'
    super(`Left off. What was begun goes on ${where}; thon status says how it is.`, 'INTERRUPTED')
    this.exitCode = 128 + constants.signals[signal]
  }
}

/** Rejects when the command is to end. A second time it ends at once. */
function interrupted(backend: Backend): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Interrupted(signal, backend)))
  })
}

/** Prints for programs or for people. */
export function print({ json }: Common, value: unknown, words: () => string): void {
  console.log(json ? JSON.stringify(value, null, 2) : words())
}

/** A table for people: columns as wide as what is in them. */
export function table(head: string[], rows: (string | number | null)[][]): string {
  const all = [head, ...rows.map((row) => row.map((cell) => (cell === null || cell === '' ? '–' : String(cell))))]
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
