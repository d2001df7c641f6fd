import { parse } from 'jsonc-parser'

/** How somebody's programs reach the models. */
export interface ModelAccess {
  /** Secret. */
  key: string
  /** Base URL of OpenAI clients, as a sandbox reaches it: `http://host.docker.internal:9080/v1`. */
  baseUrl: string
}

/** The file as it goes into a sandbox, or why it does not. */
export type Filled = { content: string } | { reason: string }

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const KEY_NAME = /api[-_]?key$/i
const URL_NAME = /base[-_]?url$/i
/** What people leave in place of a key or an address that is to be filled in. */
const LEFT_TO_FILL = /placeholder|^(bearer )?your[-_ ]|\/\/your[-_]|<[^<>]*>/i
/** Other people's servers: THON's keys are none of theirs. */
const FOREIGN = /^mcp/i
/** This machine, as it is called on itself: inside a sandbox that is the sandbox. */
const OWN_MACHINE = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])(?=[:/]|$)/i

/**
 * Fills a Kilo Code configuration for one person: keys that are placeholders, with the addresses beside them, and bearer
 * headers. Settings as in https://app.kilo.ai/config.json: `provider.<name>.options` has `apiKey` and `baseURL`.
 * @param text JSON with comments, which the answer is without
 * @param access null when there is nothing to fill in
 * @param without why there is nothing, as the end of a sentence
 */
export function fillKilo(text: string, access: ModelAccess | null, without: string): Filled {
  const config = parse(text, [], { allowTrailingComma: true }) as Json | undefined
  if (config === undefined) return { reason: 'it holds nothing but comments' }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return { reason: 'it is no JSON object' }
  const wants = findPlaceholder(config, [], false)
  if (wants && !access) return { reason: `${wants} is to be filled in, and ${without}` }
  const filled = access ? fill(config, access) : config
  const left = findPlaceholder(filled, [], true)
  return left
    ? { reason: `${left} is a placeholder that THON does not know` }
    : { content: JSON.stringify(filled, null, 2) }
}

function fill(value: Json, access: ModelAccess): Json {
  if (Array.isArray(value)) return value.map((one) => fill(one, access))
  if (typeof value !== 'object' || value === null) return value
  const takesKey = Object.entries(value).some(([name, one]) => KEY_NAME.test(name) && isLeft(one))
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (FOREIGN.test(name)) return [name, one]
      if (KEY_NAME.test(name) && isLeft(one)) return [name, access.key]
      if (URL_NAME.test(name) && (isLeft(one) || (takesKey && isOwnMachine(one)))) return [name, access.baseUrl]
      if (name.toLowerCase() === 'authorization' && isLeft(one)) return [name, `Bearer ${access.key}`]
      return [name, fill(one, access)]
    }),
  )
}

/** The way to the first placeholder, such as `provider.lemonade.options.apiKey`. @param all also those THON cannot fill */
function findPlaceholder(value: Json, way: string[], all: boolean): string | null {
  if (typeof value === 'string') return isFillable(way, value) || (all && isPlaceholder(value)) ? way.join('.') : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, one] of Object.entries(value)) {
    if (all && isPlaceholder(name)) return [...way, name].join('.')
    const found = findPlaceholder(one, [...way, name], all)
    if (found) return found
  }
  return null
}

/** Whether THON fills it: the value of a key, an address or a header that is left to fill. */
function isFillable(way: string[], value: string): boolean {
  const name = way.at(-1) ?? ''
  if (way.some((one) => FOREIGN.test(one))) return false
  return (KEY_NAME.test(name) || URL_NAME.test(name) || name.toLowerCase() === 'authorization') && isLeft(value)
}

function isLeft(value: Json): boolean {
  return typeof value === 'string' && LEFT_TO_FILL.test(value)
}

/** In capitals anywhere, in small letters only by itself. */
function isPlaceholder(text: string): boolean {
  return /PLACEHOLDER/.test(text) || /^\W*(placeholder|your[-_]\w+)\W*$|^<[^<>]+>$/i.test(text)
}

function isOwnMachine(value: Json): boolean {
  return typeof value === 'string' && OWN_MACHINE.test(value)
}
