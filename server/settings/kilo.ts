import { parse } from 'jsonc-parser'

/** How a user's programs reach the models. */
export interface ModelAccess {
  /** Secret. */
  key: string
  /** Base URL of OpenAI clients, as a sandbox reaches it: `http://host.docker.internal:9080/v1`. */
  baseUrl: string
}

/** The file as it goes into a sandbox, or why it is left out, as the end of a sentence. */
export type Filled = { content: string } | { reason: string }

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const KEY_NAME = /api[-_]?key$/i
const URL_NAME = /base[-_]?url$/i
/** What people write in place of a key or an address that is to be filled in. */
const PLACEHOLDER = /placeholder|^(bearer )?your[-_ ]|\/\/your[-_]|<[^<>]*>/i
/** MCP servers are other people's: they never get THON's keys. */
const FOREIGN = /^mcp/i
/** Loopback addresses, which inside a sandbox lead to the sandbox itself. */
const OWN_MACHINE = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\])(?=[:/]|$)/i

/**
 * Fills in a Kilo Code configuration for one person: keys that are placeholders, the addresses next to them, and bearer
 * headers. Settings as in https://app.kilo.ai/config.json: `provider.<name>.options` has `apiKey` and `baseURL`.
 * @param text JSON with comments; the result has none
 * @param access null when there is nothing to fill in
 * @param without why access is null, as the end of a sentence
 */
export function fillKilo(text: string, access: ModelAccess | null, without: string): Filled {
  const config = parse(text, [], { allowTrailingComma: true }) as Json | undefined
  if (config === undefined) return { reason: 'it contains only comments' }
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    return { reason: 'it is not a JSON object' }
  const wants = findPlaceholder(config, [], false)
  if (wants && !access) return { reason: `${wants} has to be filled in, but ${without}` }
  const filled = access ? fill(config, access) : config
  const left = findPlaceholder(filled, [], true)
  return left
    ? { reason: `${left} is a placeholder that THON does not know` }
    : { content: JSON.stringify(filled, null, 2) }
}

function fill(value: Json, access: ModelAccess): Json {
  if (Array.isArray(value)) return value.map((one) => fill(one, access))
  if (typeof value !== 'object' || value === null) return value
  const takesKey = Object.entries(value).some(([name, one]) => KEY_NAME.test(name) && isBlank(one))
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (FOREIGN.test(name)) return [name, one]
      if (KEY_NAME.test(name) && isBlank(one)) return [name, access.key]
      if (URL_NAME.test(name) && (isBlank(one) || (takesKey && isOwnMachine(one)))) return [name, access.baseUrl]
      if (name.toLowerCase() === 'authorization' && isBlank(one)) return [name, `Bearer ${access.key}`]
      return [name, fill(one, access)]
    }),
  )
}

/** The path of the first placeholder, such as `provider.lemonade.options.apiKey`. @param all includes those that THON cannot fill in */
function findPlaceholder(value: Json, path: string[], all: boolean): string | null {
  if (typeof value === 'string') return isFillable(path, value) || (all && isPlaceholder(value)) ? path.join('.') : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, one] of Object.entries(value)) {
    if (all && isPlaceholder(name)) return [...path, name].join('.')
    const found = findPlaceholder(one, [...path, name], all)
    if (found) return found
  }
  return null
}

/** Whether THON fills it in: the placeholder of a key, an address or a header. */
function isFillable(path: string[], value: string): boolean {
  const name = path.at(-1) ?? ''
  if (path.some((one) => FOREIGN.test(one))) return false
  return (KEY_NAME.test(name) || URL_NAME.test(name) || name.toLowerCase() === 'authorization') && isBlank(value)
}

function isBlank(value: Json): boolean {
  return typeof value === 'string' && PLACEHOLDER.test(value)
}

/** Whether a text looks like a placeholder: in capitals anywhere, in small letters only if it is the whole text. */
function isPlaceholder(text: string): boolean {
  return /PLACEHOLDER/.test(text) || /^\W*(placeholder|your[-_]\w+)\W*$|^<[^<>]+>$/i.test(text)
}

function isOwnMachine(value: Json): boolean {
  return typeof value === 'string' && OWN_MACHINE.test(value)
}
