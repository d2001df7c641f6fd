import type { Command } from 'commander'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { loadEnv } from '../config/env.ts'
import { CHAPTERS } from '../config/variables.ts'
import { CommandError } from './backend.ts'
import { command, commandGroup, print, table, type CommonOptions, type Variables } from './shell.ts'

/** One variable with the value in effect. */
interface EffectiveSetting {
  name: string
  /** Its place in thon.yaml. */
  at: string
  /** Null when it is not set and has no default. */
  value: string | null
  from: 'environment' | 'thon.yaml' | 'default'
  secret: boolean
}

interface EnvOptions extends CommonOptions {
  withSecrets?: true
  docker?: true
}

const MASK = '********'

/** `thon config show|env|validate`. */
export function configCommand(variables: Variables): Command {
  return commandGroup('config', 'show and check the configuration from the environment and thon.yaml')
    .addCommand(
      command('show', 'show every setting and where its value comes from; secrets are masked').action(
        (options: CommonOptions) => show(variables, options),
      ),
    )
    .addCommand(
      command('env', 'print the configuration as a .env file')
        .option('--with-secrets', 'include passwords and keys')
        .option('--docker', 'without quotes, which docker run --env-file takes for part of a value')
        .action((options: EnvOptions) => printEnvFile(variables, options)),
    )
    .addCommand(
      command('validate', 'check the configuration, and list every error with its line').action(
        (options: CommonOptions) => validate(variables, options),
      ),
    )
}

async function show(variables: Variables, options: CommonOptions): Promise<void> {
  const settings = (await settingsOf(variables, options)).map((one) =>
    one.secret && one.value !== null ? { ...one, value: MASK } : one,
  )
  print(options, settings, () =>
    table(
      ['VARIABLE', 'IN THON.YAML', 'VALUE', 'FROM'],
      settings.map(({ name, at, value, from }) => [name, at, value, from]),
    ),
  )
}

async function printEnvFile(variables: Variables, options: EnvOptions): Promise<void> {
  const settings = await settingsOf(variables, options)
  const shown = settings.filter((one) => one.value !== null && (options.withSecrets || !one.secret))
  print(options, Object.fromEntries(shown.map(({ name, value }) => [name, value])), () =>
    settings.map((one) => envLine(one, options)).join('\n'),
  )
}

/** A line of a .env file; a comment for a setting without a value to show. */
function envLine({ name, value, secret }: EffectiveSetting, { withSecrets, docker }: EnvOptions): string {
  if (value === null) return `# ${name}=`
  if (secret && !withSecrets) return `# ${name} is set; --with-secrets includes it`
  if (!docker) return `${name}=${quoted(value, secret)}`
  if (/[\r\n]/.test(value))
    throw new CommandError(`${name} has several lines, which docker run --env-file does not support.`)
  return `${name}=${value}`
}

async function validate(variables: Variables, options: CommonOptions): Promise<void> {
  const file = configFileOf(variables, options.config)
  const { warnings } = loadEnv(variables, await readConfigFile(file))
  print(options, { valid: true, file: file.path, warnings }, () =>
    [...warnings.map((warning) => `! ${warning}`), 'The configuration is valid.'].join('\n'),
  )
}

/** Every variable with the value that a server started here would use. @throws EnvError when thon.yaml cannot be read */
async function settingsOf(variables: Variables, { config }: CommonOptions): Promise<EffectiveSetting[]> {
  const { values } = await readConfigFile(configFileOf(variables, config))
  return CHAPTERS.flatMap((chapter) => chapter.variables).map(({ name, at, fallback, secret }) => {
    const given = variables[name]
    if (given?.trim()) return { name, at, value: given, from: 'environment' as const, secret }
    const inFile = values[name]
    if (inFile) return { name, at, value: inFile.text, from: 'thon.yaml' as const, secret }
    return { name, at, value: fallback || null, from: 'default' as const, secret }
  })
}

/** Quoted where shells and docker compose need it. `~/` stays unquoted, so that it is the home of the reader. */
function quoted(value: string, secret: boolean): string {
  if (/^[\w@%+=:,./{}-]*$/.test(secret ? value : value.replace(/^~\//, ''))) return value
  return value.includes("'") ? `"${value.replace(/[\\"$`]/g, '\\$&')}"` : `'${value}'`
}
