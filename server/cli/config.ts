import { Command } from 'commander'
import { configFileOf, readConfigFile } from '../config-file.ts'
import { loadEnv } from '../env.ts'
import { CHAPTERS } from '../variables.ts'
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
        .action((options: Common & { withSecrets?: true }) => asEnv(variables, options)),
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

async function asEnv(variables: Variables, options: Common & { withSecrets?: true }): Promise<void> {
  const settings = (await settingsOf(variables, options)).filter(
    ({ value, secret }) => value !== null && (options.withSecrets || !secret),
  )
  print(options, Object.fromEntries(settings.map(({ name, value }) => [name, value])), () =>
    settings.map(({ name, value }) => `${name}=${quoted(value as string)}`).join('\n'),
  )
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
    const given = variables[name]?.trim()
    if (given) return { name, at, value: given, from: 'environment' as const, secret }
    const ofFile = values[name]
    if (ofFile) return { name, at, value: ofFile.text, from: 'thon.yaml' as const, secret }
    return { name, at, value: fallback || null, from: 'default' as const, secret }
  })
}

/** As shells and `docker --env-file` both read it: quoted only where it must be. */
function quoted(value: string): string {
  return /^[\w@%+=:,./~{}-]*$/.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`
}
