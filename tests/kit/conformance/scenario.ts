import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseJson } from './json.ts'
import { KINDS } from './kinds.ts'

const GOLDEN = join(import.meta.dirname, '../../contract/golden')

const pointers = z.record(z.string(), z.string())

const call = z.object({
  method: z.string(),
  path: z.string(),
  headers: pointers,
  body: z.unknown(),
  body_raw: z.string().nullish(),
})

const reply = z.object({ path: z.string(), status: z.int(), body: z.string() })

const step = z.object({
  name: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    query: z.string().nullable(),
    headers: pointers,
    body: z.unknown(),
    /** The body is text as it stands, not a value to be written as JSON. */
    raw: z.boolean().optional(),
    /** The body's bytes, when they are not text. */
    body_base64: z.string().optional(),
    body_json_null: z.boolean().optional(),
  }),
  response: z.object({
    status: z.int(),
    content_type: z.string().nullable(),
    headers: pointers,
    body: z.unknown(),
  }),
  volatile_kinds: z.record(z.string(), z.enum(KINDS)).default({}),
  refs: pointers.default({}),
  capture: pointers.default({}),
  capture_regex: pointers.default({}),
  upstream: z.record(z.string(), z.array(call)).default({}),
  upstream_replies: z.array(reply).default([]),
})

const scenario = z.object({
  scenario: z.string(),
  env: z.record(z.string(), z.string()),
  steps: z.array(step),
})

/** A recorded conversation with the Python system. */
export type Scenario = z.infer<typeof scenario>

/** One request of it, with what was answered. */
export type Step = z.infer<typeof step>

/** A call that was made to an outside server. */
export type Call = z.infer<typeof call>

/** What an outside server answered to a call. */
export type Reply = z.infer<typeof reply>

/** Reads a recording of `tests/contract/golden`. @throws when it has not the shape that is known here */
export function loadScenario(name: string): Scenario {
  return toScenario(parseJson(readFileSync(join(GOLDEN, `${name}.json`), 'utf8')))
}

/** Checks that a value is a scenario. Of steps with the same name, the later ones are numbered: `login (2)`. */
export function toScenario(value: unknown): Scenario {
  const parsed = scenario.parse(value)
  const met = new Map<string, number>()
  // Differences name steps, so a name has to mean one.
  for (const one of parsed.steps) {
    const times = (met.get(one.name) ?? 0) + 1
    met.set(one.name, times)
    if (times > 1) one.name += ` (${times})`
  }
  return parsed
}
