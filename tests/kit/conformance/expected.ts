import type { Captures } from './captures.ts'
import type { Expected } from './compare.ts'
import type { Difference, Edit } from './difference.ts'
import { below, isRecord, isWithin, stepsOf, valueAt, type Pointer } from './json.ts'
import type { Scenario, Step } from './scenario.ts'

/** What the recording says. */
export function asRecorded({ response, volatile_kinds, refs }: Step): Expected {
  const { status, content_type: contentType, headers, body } = response
  return { status, contentType, headers, body, kinds: volatile_kinds, refs }
}

/** What ours answers on purpose. */
export function asOurs(step: Step, { steps }: Scenario, difference: Difference, captures: Captures): Expected {
  if ('edit' in difference) return edited(step, steps, difference.edit, captures)
  const { status, contentType = 'application/json', headers = {}, body } = difference.answer
  return {
    status,
    contentType,
    headers,
    body: filled(body, captures),
    kinds: {},
    refs: {},
  }
}

/**
 * The recording, held to the letter wherever the difference names a value: a difference that is only seen there, since
 * such places are volatile, would otherwise look like none.
 */
export function asRecordedToTheLetter(step: Step, difference: Difference): Expected {
  const recorded = asRecorded(step)
  if (!('edit' in difference) || difference.edit.like || difference.edit.without) return recorded
  return Object.keys(difference.edit.values ?? {}).reduce(forgetting, recorded)
}

function edited(step: Step, steps: Step[], { like, without = [], values = {} }: Edit, captures: Captures): Expected {
  let expected = like ? part(steps, like) : asRecorded(step)
  expected = { ...expected, body: structuredClone(expected.body) }
  // From the end, so that pointers stay as recorded.
  for (const pointer of [...without].sort(byPlace).reverse()) expected = leftOut(expected, pointer)
  for (const [pointer, value] of Object.entries(values)) {
    const { holder, key } = place(expected.body, pointer)
    holder[key] = filled(value, captures)
    expected = forgetting(expected, pointer)
  }
  return expected
}

/** What is recorded elsewhere, or a part of it. */
function part(steps: Step[], { step: name, at = '' }: { step: string; at?: Pointer }): Expected {
  const step = steps.find((one) => one.name === name)
  if (!step) throw new Error(`no step is called "${name}"`)
  const recorded = asRecorded(step)
  const under = <T>(marks: Record<Pointer, T>) =>
    Object.fromEntries(
      Object.entries(marks)
        .filter(([pointer]) => isWithin(pointer, at))
        .map(([pointer, mark]) => [pointer.slice(at.length), mark]),
    )
  return { ...recorded, body: valueAt(recorded.body, at), kinds: under(recorded.kinds), refs: under(recorded.refs) }
}

function leftOut(expected: Expected, pointer: Pointer): Expected {
  const { holder, key, parent } = place(expected.body, pointer)
  if (!Array.isArray(holder)) {
    Reflect.deleteProperty(holder, key)
    return forgetting(expected, pointer)
  }
  const index = Number(key)
  holder.splice(index, 1)
  const moved = <T>(marks: Record<Pointer, T>) =>
    Object.fromEntries(Object.entries(marks).map(([at, mark]) => [upBy(at, parent, index), mark]))
  const { kinds, refs } = forgetting(expected, pointer)
  return { ...expected, kinds: moved(kinds), refs: moved(refs) }
}

/** The pointer after the item at `index` of `list` has gone. */
function upBy(pointer: Pointer, list: Pointer, index: number): Pointer {
  if (!isWithin(pointer, list) || pointer === list) return pointer
  const [at = '', ...rest] = stepsOf(pointer.slice(list.length))
  return Number(at) > index ? rest.reduce(below, below(list, Number(at) - 1)) : pointer
}

/** Without what marks a place as volatile. */
function forgetting(expected: Expected, pointer: Pointer): Expected {
  const kept = <T>(marks: Record<Pointer, T>) =>
    Object.fromEntries(Object.entries(marks).filter(([at]) => !isWithin(at, pointer)))
  return { ...expected, kinds: kept(expected.kinds), refs: kept(expected.refs) }
}

/** Where a pointer's value is held. @throws when nothing is recorded there */
function place(body: unknown, pointer: Pointer): { holder: Record<string, unknown>; key: string; parent: Pointer } {
  const parent = pointer.slice(0, pointer.lastIndexOf('/'))
  const key = stepsOf(pointer).at(-1)
  const holder = valueAt(body, parent)
  if (key === undefined || typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key))
    throw new Error(`nothing is recorded at "${pointer}"`)
  return { holder: holder as Record<string, unknown>, key, parent }
}

function byPlace(one: Pointer, other: Pointer): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

function filled(template: unknown, captures: Captures): unknown {
  if (typeof template === 'string') return captures.fill(template)
  if (Array.isArray(template)) return template.map((item) => filled(item, captures))
  if (!isRecord(template)) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filled(value, captures)]))
}
