import { expect, test } from 'vitest'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { differences } from './differences.ts'

test('every difference belongs to a recorded step and a row of the table of defects', () => {
  for (const [name, listed] of Object.entries(differences)) {
    const steps = loadScenario(name).steps.map((step) => step.name)
    for (const [step, { row }] of Object.entries(listed)) {
      expect(steps, name).toContain(step)
      expect(row >= 1 && row <= 21, `${name}: ${step}`).toBe(true)
    }
  }
})
