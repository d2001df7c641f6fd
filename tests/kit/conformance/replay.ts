import { Captures } from './captures.ts'
import { compare } from './compare.ts'
import type { Difference, Differences } from './difference.ts'
import { asOurs, asRecorded, asRecordedToTheLetter } from './expected.ts'
import type { Scenario, Step } from './scenario.ts'
import { lacking, send, type Answer } from './send.ts'

/** How a scenario is replayed. */
export interface Replay {
  /** Where the server answers; freshly started. */
  base: string
  /** Where ours differs on purpose in this scenario. */
  differences: Differences
  /** Done before each step: what happens around the server. */
  before?: (step: Step) => Promise<void>
  /** What else was not as recorded, seen after each step: calls to outside servers. The answer is null where none came. */
  after?: (step: Step, answer: Answer | null) => string[] | Promise<string[]>
}

/** Replays a scenario. @throws listing every step that was answered neither as recorded nor as listed */
export async function replay(scenario: Scenario, { base, differences, before, after }: Replay): Promise<void> {
  const captures = new Captures()
  const gone = new Set(Object.values(differences).flatMap((one) => one.gone ?? []))
  const faults = Object.keys(differences)
    .filter((name) => !scenario.steps.some((step) => step.name === name))
    .map((name) => `[${name}] is listed as a difference, and there is no such step`)
  for (const step of scenario.steps) {
    await before?.(step)
    const { answer, faults: wrong } = await answered(step)
    const found = [...wrong, ...((await after?.(step, answer)) ?? [])]
    const { method, path, query } = step.request
    if (found.length > 0)
      faults.push([`[${step.name}] ${method} ${path}${query === null ? '' : `?${query}`}`, ...found].join('\n    '))
  }
  if (faults.length > 0)
    throw new Error(
      `${scenario.scenario}: ${faults.length} of ${scenario.steps.length} steps\n  ${faults.join('\n  ')}`,
    )

  async function answered(step: Step): Promise<{ answer: Answer | null; faults: string[] }> {
    const missing = lacking(step, captures)
    if (missing.length > 0 && missing.every((name) => gone.has(name))) return { answer: null, faults: [] }
    if (missing.length > 0)
      return { answer: null, faults: [`not sent: no step before has captured ${missing.join(', ')}`] }
    let answer: Answer | null = null
    try {
      answer = await send(base, step, captures)
      return { answer, faults: judged(step, answer) }
    } catch (error) {
      // One step that cannot be sent or judged hides no other.
      return { answer, faults: [error instanceof Error ? error.message : String(error)] }
    }
  }

  function judged(step: Step, answer: Answer): string[] {
    const difference = differences[step.name]
    captures.take(step, answer)
    for (const [name, place] of Object.entries(difference?.takes ?? {})) captures.takeHeader(name, place, answer)
    const wanted = difference ? asOurs(step, scenario, difference, captures) : asRecorded(step)
    const found = compare(wanted, answer, captures)
    if (!difference) return found
    if (found.length === 0) substitute(difference)
    const recorded = asRecordedToTheLetter(step, difference)
    if (compare(recorded, answer, captures).length > 0) return found
    return [`is as recorded, and listed as a difference: row ${difference.row}, ${difference.why}`]
  }

  function substitute({ stands = {} }: Difference): void {
    for (const [name, other] of Object.entries(stands)) captures.stand(name, other)
  }
}
