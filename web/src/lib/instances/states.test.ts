import { expect, test } from 'vitest'
import type { InstanceState } from '#lib/graphql/generated/graphql.ts'
import { mainButtonOf, type OwnInstance } from './my-sandbox.ts'
import { peopleAhead, placeInLine, states } from './states.ts'

test.for([
  [1, '1st in line', 'You are next.'],
  [2, '2nd in line', '1 person ahead of you.'],
  [3, '3rd in line', '2 people ahead of you.'],
  [12, '12th in line', '11 people ahead of you.'],
  [47, '47th in line', '46 people ahead of you.'],
] as const)('place %i reads "%s" in lists and "%s" for the person', ([place, list, person]) => {
  expect(placeInLine(place)).toBe(list)
  expect(peopleAhead(place)).toBe(person)
})

test('people read Starting and Stopped', () => {
  expect([states.PENDING.label, states.TERMINATED.label]).toEqual(['Starting', 'Stopped'])
})

test('the large button follows the state', () => {
  const button = (state: InstanceState) => mainButtonOf({ state } as OwnInstance)
  expect(mainButtonOf(null)).toEqual({ does: 'start', label: 'Start' })
  expect(button('RUNNING')).toEqual({ does: 'open', label: 'Open VS Code' })
  expect(button('PAUSED')).toEqual({ does: 'start', label: 'Resume' })
  expect(button('FAILED')).toEqual({ does: 'start', label: 'Start' })
  expect(button('STOPPING')).toEqual({ does: 'wait', label: 'Stopping…' })
})
