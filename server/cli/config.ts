import { Command } from 'commander'
import { configFileOf, readConfigFile } from '../app/config-file.ts'
import { loadEnv } from '../config/env.ts'
import { CHAPTERS } from '../config/variables.ts'
import { Refused } from './backend.ts'
import { command, endOf, print, table, type Common, type Variables } from './shell.ts'

/** One variable as it counts. */
interface Setting {
  name: string
  at: string
  /** Null where nothing is set, and there is no default. */
  value: string | null
  from: 'environment' | 'thon.yaml' | 'default'
  secret: boolean
}

interface EnvOptions extends Common {
  withSecrets?: true
  docker?: true
}

const MASK = '********'

/** `thon config show|env|validate`. */
export function configCommand(variables: Variables): Command {
  return new Command('config')
    .description('what THON is told by the environment and thon.yaml')
    .exitOverride(endOf)
    .addCommand(
      command('show', 'every setting as it counts, and where it is from; no secrets').action((options: Common) =>
        show(variables, options),
      ),
    )
    .addCommand(
      command('env', 'the same as a .env file')
        .option('--with-secrets', 'with passwords and keys, which are left out otherwise')
        .option('--docker', 'as docker run --env-file reads it, for which quotes are part of a value')
        .action((options: EnvOptions) => asEnv(variables, options)),
    )
    .addCommand(
      command('validate', 'whether THON could start with it; says every fault, with its line').action(
        (options: Common) => validate(variables, options),
      ),
    )
}

async function show(variables: Variables, options: Common): Promise<void> {
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

async function asEnv(variables: Variables, options: EnvOptions): Promise<void> {
  const settings = await settingsOf(variables, options)
  const told = settings.filter((one) => one.value !== null && (options.withSecrets || !one.secret))
  print(options, Object.fromEntries(told.map(({ name, value }) => [name, value])), () =>
    settings.map((one) => lineOf(one, options)).join('\n'),
  )
}

/** A line of a .env file; a comment where there is nothing to tell. */
function lineOf({ name, value, secret }: Setting, { withSecrets, docker }: EnvOptions): string {
  if (value === null) return `# ${name}=`
  if (secret && !withSecrets) return `# ${name} is set, and left out without --with-secrets`
  if (!docker) return `${name}=${quoted(value, secret)}`
  if (/[\r\n]/.test(value)) throw new Refused(`${name} has several lines, which docker run --env-file cannot have.`)
  return `${name}=${value}`
}

async function validate(variables: Variables, options: Common): Promise<void> {
  const file = configFileOf(variables, options.config)
  const { warnings } = loadEnv(variables, await readConfigFile(file))
  print(options, { valid: true, file: file.path, warnings }, () =>
    [...warnings.map((warning) => `! ${warning}`), 'THON could start with this.'].join('\n'),
  )
}

/** Every variable, as a server started here would take it. @throws EnvError where the file cannot be read */
async function settingsOf(variables: Variables, { config }: Common): Promise<Setting[]> {
  const { values } = await readConfigFile(configFileOf(variables, config))
  return CHAPTERS.flatMap((chapter) => chapter.variables).map(({ name, at, fallback, secret }) => {
    const given = variables[name]
    if (given?.trim()) return { name, at, value: given, from: 'environment' as const, secret }
    const ofFile = values[name]
    if (ofFile) return { name, at, value: ofFile.text, from: 'thon.yaml' as const, secret }
    return { name, at, value: fallback || null, from: 'default' as const, secret }
  })
}

/** As shells, docker compose and the like read it: quoted where it must be. `~/` is whose home it is where it is read. */
function quoted(value: string, secret: boolean): string {
  if (/^[\w@%+=:,./{}-]*$/.test(secret ? value : value.replace(/^~\//, ''))) return value
  return value.includes("'") ? `"${value.replace(/[\\"$`]/g, '\\$&')}"` : `'${value}'`
}
