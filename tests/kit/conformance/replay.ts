import { Captures } from './captures.ts'
import { compare } from './compare.ts'
import type { Difference, Differences } from './difference.ts'
import { asOurs, asRecorded, asRecordedToTheLetter } from './expected.ts'
import type { Scenario, Step } from './scenario.ts'
import { lacking, send } from './send.ts'

/** How a scenario is replayed. */
export interface Replay {
  /** Where the server answers; freshly started. */
  base: string
  /** Where ours differs on purpose in this scenario. */
  differences: Differences
  /** Done before each step: what happens around the server. */
  before?: (step: Step) => Promise<void>
  /** What else was not as recorded, seen after each step: calls to outside servers. */
  after?: (step: Step) => string[]
}

/** Replays a scenario. @throws listing every step that was answered neither as recorded nor as listed */
export async function replay(scenario: Scenario, { base, differences, before, after }: Replay): Promise<void> {
  const captures = new Captures()
  const faults = Object.keys(differences)
    .filter((name) => !scenario.steps.some((step) => step.name === name))
    .map((name) => `[${name}] is listed as a difference, and there is no such step`)
  for (const step of scenario.steps) {
    await before?.(step)
    const found = [...(await answered(step)), ...(after?.(step) ?? [])]
    const { method, path, query } = step.request
    if (found.length > 0)
      faults.push([`[${step.name}] ${method} ${path}${query === null ? '' : `?${query}`}`, ...found].join('\n    '))
  }
  if (faults.length > 0)
    throw new Error(
      `${scenario.scenario}: ${faults.length} of ${scenario.steps.length} steps\n  ${faults.join('\n  ')}`,
    )

  async function answered(step: Step): Promise<string[]> {
    const missing = lacking(step, captures)
    if (missing.length > 0) return [`not sent: no step before has captured ${missing.join(', ')}`]
    const difference = differences[step.name]
    try {
      const answer = await send(base, step, captures)
      captures.take(step, answer)
      const wanted = difference ? asOurs(step, scenario, difference, captures) : asRecorded(step)
      const found = compare(wanted, answer, captures)
      if (!difference) return found
      if (found.length === 0) substitute(difference)
      const recorded = asRecordedToTheLetter(step, difference)
      if (compare(recorded, answer, captures).length > 0) return found
      return [`is as recorded, and listed as a difference: row ${difference.row}, ${difference.why}`]
    } catch (error) {
      // One step that cannot be sent or judged hides no other.
      return [error instanceof Error ? error.message : String(error)]
    }
  }

  function substitute({ stands = {} }: Difference): void {
    for (const [name, other] of Object.entries(stands)) captures.stand(name, other)
  }
}
