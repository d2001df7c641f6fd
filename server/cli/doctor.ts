import type { Command } from 'commander'
import { EnvError, type Env } from '../config/env.ts'
import { describeError } from '../core/errors.ts'
import { CommandError, openBackend, type Backend } from './backend.ts'
import {
  backendChecks,
  databaseCheck,
  diskCheck,
  imageCheck,
  loginCheck,
  portCheck,
  type DoctorFinding,
} from './doctor-checks.ts'
import { command, envOf, EXIT, print, type CommonOptions, type Variables } from './shell.ts'

const MARK = { ok: '✓', warning: '!', fault: '✗' } as const

/** `thon doctor`: checks everything that THON needs, and says what to do. Exits with 1 when something is broken. */
export function doctorCommand(variables: Variables): Command {
  return command('doctor', 'check everything THON needs, and say what to do').action(async (options: CommonOptions) => {
    const findings = await examine(variables, options)
    print(options, findings, () => findings.map(describe).join('\n'))
    if (findings.some(isFault)) process.exitCode = EXIT.failed
  })
}

async function examine(variables: Variables, options: CommonOptions): Promise<DoctorFinding[]> {
  let env: Env
  try {
    env = await envOf(variables, options)
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    const advice = 'Correct the settings named above, then run thon doctor again.'
    return [{ what: 'Configuration', state: 'fault', said: error.message, advice }]
  }
  const configuration: DoctorFinding =
    env.warnings.length === 0
      ? { what: 'Configuration', state: 'ok', said: 'valid', advice: null }
      : { what: 'Configuration', state: 'warning', said: env.warnings.join('\n'), advice: null }
  const findings = [configuration, await diskCheck(env), await databaseCheck(env)]
  // Everything else needs a database that can be opened.
  return findings.some(isFault) ? findings : [...findings, ...(await examineBackend(env)), loginCheck(env)]
}

/** The checks that need a server, or the database opened here. */
async function examineBackend(env: Env): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = []
  let backend: Backend | null = null
  try {
    backend = await openBackend(env)
    findings.push(await portCheck(env, backend.url))
    const { usesDocker, ...checked } = await backendChecks(backend)
    findings.push(...checked.findings)
    if (usesDocker) findings.push(await imageCheck(env))
  } catch (error) {
    const advice = isDatabaseTaken(error)
      ? 'Stop that process, then run thon doctor again.'
      : 'Correct this, then run thon doctor again.'
    findings.push({ what: 'Server', state: 'fault', said: describeError(error), advice })
  } finally {
    await backend?.close()
  }
  return findings
}

function isFault({ state }: DoctorFinding): boolean {
  return state === 'fault'
}

function isDatabaseTaken(error: unknown): boolean {
  return error instanceof CommandError && error.code === 'DATABASE_TAKEN'
}

function describe({ what, state, said, advice }: DoctorFinding): string {
  const lines = [`${MARK[state]} ${what}: ${said.replace(/\n/g, '\n    ')}`]
  return [...lines, ...(advice === null ? [] : [`    → ${advice}`])].join('\n')
}
