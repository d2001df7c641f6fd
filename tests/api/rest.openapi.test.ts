import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../kit/app.ts'
import { addGroup } from '../kit/groups.ts'
import { Manual, rest } from '../kit/rest.ts'

let app: TestApp
let manual: Manual
beforeEach(async () => {
  app = await startApp()
  manual = await Manual.of(app)
})

/** Properties whose name says it all. */
const PLAIN = new Set([
  'results',
  'timeout_minutes',
  'key',
  'id',
  'user_id',
  'status',
  'total',
  'group',
  'username',
  'detail',
  'users',
  'title',
  'instances',
])

describe('/openapi.json', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(manual.document))
    expect(result).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  test('its validator can fail', async () => {
    const broken = structuredClone(manual.document) as Record<string, unknown>
    delete broken.info
    expect((await new Validator().validate(broken)).valid).toBe(false)
  })

  test('describes only what is served: each operation answers', async () => {
    expect(manual.operations.length).toBeGreaterThan(30)
    for (const { method, path } of manual.operations) {
      const { status, body } = await rest<{ detail?: unknown }>(
        app,
        method,
        filled(path),
        method === 'GET' ? undefined : {},
      )
      expect([method, path, status, body.detail]).not.toEqual([method, path, 405, 'Method Not Allowed'])
      expect([method, path, body.detail]).not.toEqual([method, path, 'Not Found'])
    }
  })

  test('describes everything that is served: a path accepts no other method', async () => {
    for (const [path, operations] of Object.entries(manual.document.paths))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].filter(
        (one) => !(one.toLowerCase() in operations) && !isOther(one, path),
      )) {
        const response = await fetch(`${app.url}${filled(path)}`, { method })
        expect([method, path, response.status]).toEqual([method, path, 405])
      }
  })

  test('has tags, and names and describes every operation, parameter and answer', () => {
    const ids = manual.operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = (manual.document as unknown as { tags: { name: string; description: string }[] }).tags
    for (const { method, path, operation } of manual.operations) {
      const which = `${method} ${path}`
      expect(operation.operationId, which).toMatch(/^[a-z]+(_[a-z]+)+$/)
      expect(operation.summary, which).toMatch(/^[A-Z].*[^.]$/)
      if (operation.description !== undefined) expect(operation.description, which).toMatch(/[.]$/)
      for (const tag of operation.tags ?? ['none']) expect(tags.map(({ name }) => name)).toContain(tag)
      for (const one of operation.parameters ?? []) expect(one.description, `${which} ${one.name}`).toMatch(/\S/)
      for (const [status, answer] of Object.entries(operation.responses))
        expect(answer.description, `${which} ${status}`).toMatch(/^[A-Z].*\.$/)
    }
    expect(tags.every(({ description }) => description.endsWith('.'))).toBe(true)
  })

  test('describes every property', () => {
    const silent = new Set<string>()
    walk(manual.document, (schema, at) => {
      for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
        const { description } = { ...manual.resolve(property), ...property }
        if (!description && !PLAIN.has(name)) silent.add(`${at} ${name}`)
      }
    })
    expect([...silent]).toEqual([])
  })

  test('says where null is allowed, and which defaults apply', () => {
    const schemas = manual.document.components.schemas as Record<string, { properties: Record<string, Schema> }>
    expect(schemas.UpdateUserRequest?.properties.email?.type).toEqual(['string', 'null'])
    expect(schemas.CreateUserRequest?.properties.email?.type).toEqual(['string', 'null'])
    expect(schemas.ChangeUserRequest?.properties.username?.type).toEqual(['string', 'null'])
    expect(schemas.CreateInstanceRequest?.properties).toMatchObject({
      group: { default: 'default' },
      username: { default: 'workspace' },
      port: { default: 8443, minimum: 1, maximum: 65535 },
      secure: { default: false },
    })
    const list = manual.document.paths['/api/instances']?.get?.parameters ?? []
    expect(list.map(({ name, schema }) => [name, schema.default])).toEqual([
      ['state', undefined],
      ['page', 1],
      ['page_size', 50],
    ])
  })

  test('describes the errors of bodies and input where they can occur', () => {
    for (const { method, path, operation } of manual.operations) {
      const answered = Object.keys(operation.responses)
      const numbers = operation.parameters?.some(
        (one) => one.in === 'query' || one.schema.type === 'integer' || one.schema.maxLength,
      )
      const takes = [operation.requestBody, numbers]
      expect([path, ['408', '413'].filter((one) => answered.includes(one))], method).toEqual([
        path,
        takes[0] ? ['408', '413'] : [],
      ])
      expect([path, answered.includes('422')], method).toEqual([path, takes.some(Boolean)])
    }
  })
})

describe('the comparison of answers with the document', () => {
  test('accepts what is described, and reports any other status, shape or property', async () => {
    const { id } = await addGroup(app, 'alpha', ['ann'])
    expect((await rest(app, 'GET', `/api/groups/${id}`)).status).toBe(200)
    expect((await rest(app, 'GET', '/api/groups/none')).status).toBe(404)
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, text: '{"users":[],"total":0}' }
    const problem = (more: object) => manual.problem('GET', '/api/users', { ...answer, ...more })
    expect(problem({})).toBeNull()
    expect(problem({ status: 418 })).toContain('only 200, 401, 403, 422, 503 are described')
    expect(problem({ text: '{"users":[]}' })).toContain('total')
    expect(problem({ text: '{"users":[],"total":0.5}' })).toContain('total')
    expect(problem({ text: '{"users":[],"total":0,"stack":"x"}' })).toContain('stack')
    expect(problem({ headers: { 'content-type': 'text/html' } })).toContain('text/html')
    expect(manual.problem('GET', '/api/none', answer)).toContain('expected 404')
  })
})

describe('/docs', () => {
  test('is a page that loads nothing from other origins, which its policy forbids', async () => {
    const page = await fetch(`${app.url}/docs`)
    const html = await page.text()
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    expect(html).not.toMatch(/https?:|["'(]\/\//)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/https?:|script-src|unsafe-eval|\*/)
  })

  test('serves every asset of its page', async () => {
    const html = await (await fetch(`${app.url}/docs`)).text()
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
    expect(assets).toHaveLength(4)
    for (const asset of assets) {
      const response = await fetch(`${app.url}${asset}`)
      const type = { css: /^text\/css/, js: /^text\/javascript/, png: /^image\/png/ }[asset?.split('.').at(-1) ?? '']
      expect([asset, response.status]).toEqual([asset, 200])
      expect(response.headers.get('content-type')).toMatch(type ?? /^$/)
      expect((await response.bytes()).length).toBeGreaterThan(50)
    }
    expect(await (await fetch(`${app.url}/docs/start.js`)).text()).toContain("url: '/openapi.json'")
  })

  test.for([
    'index.html',
    'package.json',
    'swagger-ui.js',
    'constructor',
    '__proto__',
    '..%2Fpackage.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/package.json',
    'x/swagger-ui.css',
    '',
  ])('serves nothing else: %j is not found', async (asset) => {
    expect((await fetch(`${app.url}/docs/${asset}`)).status).toBe(404)
  })
})

type Schema = Record<string, unknown>

function filled(path: string): `/api/${string}` {
  return path.replace(/\{\w+\}/g, 'none') as `/api/${string}`
}

/** A path with an id instead of a word of ours may be another operation: `/api/instances/bulk/pause`. */
function isOther(method: string, path: string): boolean {
  return manual.operations.some(
    (one) => one.method === method && new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(filled(path)),
  )
}

function walk(value: unknown, visit: (schema: Schema, at: string) => void, at = ''): void {
  if (typeof value !== 'object' || value === null) return
  visit(value as Schema, at)
  for (const [key, child] of Object.entries(value)) walk(child, visit, `${at}/${key}`)
}
