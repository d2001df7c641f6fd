import { Command, CommanderError } from 'commander'
import { constants } from 'node:os'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { EnvError, loadEnv, type Env } from '../config/env.ts'
import { AppError, describeError } from '../core/errors.ts'
import { CommandError, openBackend, UsageError, type Backend } from './backend.ts'
import { clearProgressBar } from './instances.ts'

/** The environment of a command: process.env, or what a test puts in its place. */
export type Variables = Record<string, string | undefined>

/** Options that every command takes. */
export interface CommonOptions {
  config?: string
  json?: true
}

/** Exit codes: done; not done, or not all of it; wrong usage. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** A command with the options that every command takes. Wrong usage exits with 2. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', 'read this thon.yaml instead of ~/.thon/thon.yaml')
    .option('--json', 'print JSON for programs')
    .showHelpAfterError('(add --help to see the options)')
    .exitOverride(exitAfterParsing)
}

/** A command that only has subcommands. */
export function commandGroup(name: string, description: string): Command {
  return new Command(name).description(description).exitOverride(exitAfterParsing)
}

/** Exits as Commander asks, with 2 for wrong usage. Commander has printed the reason by then. */
export function exitAfterParsing(error: CommanderError): never {
  if (error.exitCode === 0) process.exit(EXIT.done)
  if (wantsJson()) printError({ message: error.message.replace(/^error: /, ''), code: 'USAGE', fields: [] })
  process.exit(EXIT.usage)
}

/** Prints on stderr why a command failed, and with --json on stdout as well, as JSON. @returns the exit code */
export function reportFailure(error: unknown): number {
  clearProgressBar()
  const isConfig = error instanceof EnvError
  const { code, fields } =
    error instanceof CommandError || error instanceof AppError
      ? error
      : { code: isConfig ? 'CONFIGURATION' : 'FAILED', fields: [] }
  const message = describeError(error)
  if (wantsJson()) printError({ message, code, fields })
  console.error(`thon: ${isConfig ? `The configuration is invalid:\n${message.replace(/^/gm, '  ')}` : message}`)
  for (const field of fields) if (!message.includes(field.message)) console.error(`  ${field.field}: ${field.message}`)
  // Pending requests would keep the process alive.
  if (error instanceof Interrupted) process.exit(error.exitCode)
  return error instanceof UsageError ? EXIT.usage : EXIT.failed
}

function printError(error: { message: string; code: string; fields: CommandError['fields'] }): void {
  console.log(JSON.stringify({ error }, null, 2))
}

function wantsJson(): boolean {
  return process.argv.includes('--json')
}

/** The configuration that a server started here would use. @throws EnvError */
export async function envOf(variables: Variables, { config }: CommonOptions): Promise<Env> {
  return loadEnv(variables, await readConfigFile(configFileOf(variables, config)))
}

/** Runs a command's work against the running server, or with the database opened here. Closes the backend in any case. */
export async function withBackend<T>(
  variables: Variables,
  options: CommonOptions,
  work: (backend: Backend, env: Env) => Promise<T>,
): Promise<T> {
  const env = await envOf(variables, options)
  const backend = await openBackend(env)
  try {
    return await Promise.race([work(backend, env), interruption(backend)])
  } finally {
    await backend.close()
  }
}

/** A signal stopped the command before its work was done. */
class Interrupted extends CommandError {
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM', backend: Backend) {
    const where = backend.url === null ? 'when THON runs again' : 'in the running THON'
    super(`Interrupted. What was started continues ${where}: see thon status.`, 'INTERRUPTED')
    this.exitCode = 128 + constants.signals[signal]
  }
}

/** Rejects at the first signal. A second one kills the process, as usual. */
function interruption(backend: Backend): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Interrupted(signal, backend)))
  })
}

/** Prints a result, for programs with --json or else for people. */
export function print({ json }: CommonOptions, value: unknown, describe: () => string): void {
  console.log(json ? JSON.stringify(value, null, 2) : describe())
}

/** A table for people; each column is as wide as its widest cell. */
export function table(head: string[], rows: (string | number | null)[][]): string {
  const all = [head, ...rows.map((row) => row.map((cell) => (cell === null || cell === '' ? '–' : String(cell))))]
  const widths = head.map((_, column) => Math.max(...all.map((row) => lengthOf(row[column] ?? ''))))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}

/** In characters as people count them. */
function lengthOf(text: string): number {
  return Array.from(text).length
}
