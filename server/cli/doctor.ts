import type { Command } from 'commander'
import { EnvError } from '../config/env.ts'
import { messageOf } from '../core/errors.ts'
import { openBackend, Refused, type Backend } from './backend.ts'
import {
  askChecks,
  databaseCheck,
  diskCheck,
  imageCheck,
  loginCheck,
  portCheck,
  type Finding,
} from './doctor-checks.ts'
import { command, envOf, EXIT, print, type Common, type Variables } from './shell.ts'

const MARK = { ok: '✓', warning: '!', fault: '✗' } as const

/** `thon doctor`: looks at everything that THON needs, and says what to do. Ends with 1 when something is in the way. */
export function doctorCommand(variables: Variables): Command {
  return command('doctor', 'look at everything that THON needs, and say what to do').action(async (options: Common) => {
    const findings = await examine(variables, options)
    print(options, findings, () => findings.map(inWords).join('\n'))
    if (findings.some(({ state }) => state === 'fault')) process.exitCode = EXIT.failed
  })
}

async function examine(variables: Variables, options: Common): Promise<Finding[]> {
  let env
  try {
    env = await envOf(variables, options)
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    return [{ what: 'Configuration', state: 'fault', said: error.message, advice: 'mend these, and look again' }]
  }
  const configuration: Finding =
    env.warnings.length === 0
      ? { what: 'Configuration', state: 'ok', said: 'can be read', advice: null }
      : { what: 'Configuration', state: 'warning', said: env.warnings.join('\n'), advice: null }
  const findings = [configuration, await diskCheck(env), await databaseCheck(env)]
  // Without a database that can be opened nothing else can be asked.
  if (findings.some(({ state }) => state === 'fault')) return findings
  let backend: Backend | null = null
  try {
    backend = await openBackend(env)
    findings.push(await portCheck(env, backend.url))
    findings.push(...(await askChecks(backend)))
    if (findings.some(({ what, state, said }) => what === 'Engine' && state !== 'fault' && said.startsWith('docker')))
      findings.push(await imageCheck(env))
  } catch (error) {
    findings.push({
      what: 'Server',
      state: 'fault',
      said: messageOf(error),
      advice: isTaken(error) ? 'end that process, and look again' : 'mend this, and look again',
    })
  } finally {
    await backend?.close()
  }
  return [...findings, loginCheck(env)]
}

function isTaken(error: unknown): boolean {
  return error instanceof Refused && error.code === 'DATABASE_TAKEN'
}

function inWords({ what, state, said, advice }: Finding): string {
  const lines = [`${MARK[state]} ${what}: ${said.replace(/\n/g, '\n    ')}`]
  return [...lines, ...(advice === null ? [] : [`    → ${advice}`])].join('\n')
}
