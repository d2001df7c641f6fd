import { describe, expect, test } from 'vitest'
import { fillKilo } from '../../server/settings/kilo.ts'

const ACCESS = { key: 'key-of-ann', baseUrl: 'http://host.docker.internal:9080/v1' }

/** A file with one provider, as Kilo Code's documentation shows it. */
function withOptions(options: object): string {
  return JSON.stringify({ provider: { lemonade: { options } }, model: 'lemonade/user.gemma' })
}

function optionsOf(filled: ReturnType<typeof fillKilo>): unknown {
  if ('reason' in filled) throw new Error(filled.reason)
  return (JSON.parse(filled.content) as { provider: { lemonade: { options: unknown } } }).provider.lemonade.options
}

describe('a Kilo Code configuration', () => {
  test.each([
    [{ apiKey: 'PLACEHOLDER', baseURL: 'PLACEHOLDER' }],
    [{ apiKey: 'your-api-key', baseURL: 'http://YOUR_IP:13305/v1' }],
    [{ apiKey: 'PLACEHOLDER_KEY', baseURL: 'http://localhost:13305/v1' }],
    [{ apiKey: 'placeholder', baseURL: 'http://0.0.0.0:9080/v1' }],
    [{ apiKey: '<your key>', baseURL: 'http://<ip>:13305/v1' }],
  ])('with %j gets the key and the address of the person', (options) => {
    expect(optionsOf(fillKilo(withOptions(options), ACCESS, ''))).toEqual({
      apiKey: ACCESS.key,
      baseURL: ACCESS.baseUrl,
    })
  })

  test.each([
    [{ apiKey: 'sk-real', baseURL: 'http://localhost:1234/v1' }],
    [
      { apiKey: 'PLACEHOLDER', baseURL: 'https://llm.example/v1' },
      { apiKey: ACCESS.key, baseURL: 'https://llm.example/v1' },
    ],
    [{ headers: { Authorization: 'Bearer PLACEHOLDER' } }, { headers: { Authorization: `Bearer ${ACCESS.key}` } }],
  ])('keeps what the organizer filled in: %j', (options, wanted = options) => {
    expect(optionsOf(fillKilo(withOptions(options), ACCESS, ''))).toEqual(wanted)
  })

  test('only loses its comments and trailing commas', () => {
    const text = '{ // ours\n "model": "a/b", "list": [1, true, null, "//x",], }'
    const filled = fillKilo(text, null, 'nobody asked')
    expect('content' in filled && JSON.parse(filled.content)).toEqual({ model: 'a/b', list: [1, true, null, '//x'] })
  })

  test('that needs a missing key says which one, and why', () => {
    expect(fillKilo(withOptions({ apiKey: 'PLACEHOLDER' }), null, 'the gateway is off')).toEqual({
      reason: 'provider.lemonade.options.apiKey has to be filled in, but the gateway is off',
    })
  })

  test.each([
    [{ agents: [{ name: 'PLACEHOLDER_NAME' }], provider: {} }, 'agents.0.name'],
    [{ provider: { PLACEHOLDER: { npm: 'x' } } }, 'provider.PLACEHOLDER'],
    [{ model: 'YOUR_MODEL' }, 'model'],
    [{ token: '<token>' }, 'token'],
    // MCP servers are other people's; they must not get a key to the models.
    [{ mcp: { search: { environment: { SEARCH_API_KEY: 'PLACEHOLDER' } } } }, 'mcp.search.environment.SEARCH_API_KEY'],
  ])('with an unknown placeholder is not filled in at all: %j', (config, way) => {
    const text = JSON.stringify(config)
    expect(fillKilo(text, ACCESS, '')).toEqual({ reason: `${way} is a placeholder that THON does not know` })
    expect(fillKilo(text, null, 'why')).toEqual({ reason: `${way} is a placeholder that THON does not know` })
  })

  test('may mention placeholders', () => {
    const text = JSON.stringify({ agent: { ui: { prompt: 'Give inputs a placeholder, and show <b> bold.' } } })
    expect(fillKilo(text, null, '')).toEqual({ content: JSON.stringify(JSON.parse(text), null, 2) })
  })

  test.each([
    ['// all of it comes later\n', 'it contains only comments'],
    ['["a"]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
  ])('%j is refused', (text, reason) => {
    expect(fillKilo(text, ACCESS, '')).toEqual({ reason })
  })
})
