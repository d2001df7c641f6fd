import {
  GraphQLInputObjectType,
  GraphQLObjectType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { WebSocket, type RawData } from 'ws'
import { schema } from '../../server/app/schema.ts'
import { another, SETUPS, startWith, visitors } from '../kit/access.ts'
import type { TestApp } from '../kit/app.ts'
import { addGroup, userOf } from '../kit/groups.ts'
import { running } from '../kit/instances.ts'
import { Manual, type DescribedOperation } from '../kit/rest.ts'

/** Generated from the served schema and manual, so that a new operation without a guard fails here. */

const EMAIL = 'ann@example.org'
/** Needed for signing in, so open to everyone. */
const OPEN = { rest: /^\/api\/auth\//, graphql: new Set(['viewer', 'signInOptions']) }
/** What participants may do with what is theirs. */
const OWN = {
  rest: new Set([
    ...['GET /api/groups', 'GET /api/groups/{group_id}', 'GET /api/users', 'GET /api/users/{user_id}'],
    ...['GET /api/instances', 'GET /api/instances/{instance_id}'],
    ...['POST /api/instances/{instance_id}/pause', 'POST /api/instances/{instance_id}/resume'],
  ]),
  graphql: new Set([
    ...['engine', 'engineChanged', 'groups', 'group', 'instances', 'instance', 'instanceChanged'],
    ...['pauseInstance', 'resumeInstance', 'restartInstance', 'startMySandbox', 'revealUserKey'],
    'revealInstancePassword',
  ]),
}

/** They end the session that the others need, configure a login, or rightly refuse a wrong password. */
const SIGNING = new Set(['/api/auth/logout', '/api/auth/login/local', 'signOut', 'createLocalPassword'])

type Setup = keyof typeof SETUPS
type Visitors = Awaited<ReturnType<typeof visitors>>
type Decision = 'allowed' | 'UNAUTHENTICATED' | 'FORBIDDEN'

/** The decision that a visitor should get. */
function expectedDecision(
  setup: Setup,
  visitor: keyof Visitors,
  of: { open: boolean; own: boolean; local: boolean },
): Decision {
  // Without a login, everyone is the organizer except people with a session.
  const hasSession = visitor === 'participant' || visitor === 'waiting'
  if ((setup === 'no login' && !hasSession) || of.open || visitor === 'organizer' || visitor === 'token')
    return 'allowed'
  if (visitor === 'a wrong token') return 'UNAUTHENTICATED'
  if (visitor === 'waiting') return 'FORBIDDEN'
  if (visitor === 'participant') return of.own ? 'allowed' : 'FORBIDDEN'
  return setup === 'a local password' && of.local ? 'allowed' : 'UNAUTHENTICATED'
}

interface Fixtures {
  app: TestApp
  visitors: Visitors
  /** Values for the names in paths. */
  ids: Record<string, string>
}

async function startFixtures(setup: Setup): Promise<Fixtures> {
  const app = await startWith('no login')
  const group = await addGroup(app, 'alpha', ['ann', 'bob'])
  const ann = userOf(group, 'ann').id
  await app.db.user.update({ where: { id: ann }, data: { email: EMAIL } })
  const { id } = await running(app, 'ann')
  await app.close()
  const again = await startWith(setup, { dir: app.dir, engine: app.engine })
  return {
    app: again,
    visitors: await visitors(again, EMAIL),
    ids: {
      group_id: group.id,
      user_id: ann,
      instance_id: id,
      key: 'x',
      event_id: 'x',
      provider: 'github',
      slot_id: '0',
    },
  }
}

describe.each(Object.keys(SETUPS) as Setup[])('with %s', (setup) => {
  test('every REST operation allows exactly the visitors it should', async () => {
    const { app, visitors, ids } = await startFixtures(setup)
    const manual = await Manual.of(app)
    const { operations } = manual
    const wrong: string[] = []
    for (const [visitor, headers] of Object.entries(visitors))
      for (const { method, path, operation } of operations.filter((one) => !SIGNING.has(one.path))) {
        for (const forwarded of [false, true]) {
          const target = path.replace(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? 'x')
          const own = method.toLowerCase() === 'get' ? headers : await another(app, visitor, headers, EMAIL)
          const { status } = await fetch(app.url + target + queryOf(operation), {
            method,
            redirect: 'manual',
            ...withBody(manual, operation, { ...own, ...(forwarded && { 'x-forwarded-for': '10.0.0.1' }) }),
          })
          const local = !forwarded
          const name = `${method} ${path}`
          const expected = expectedDecision(setup, visitor as keyof Visitors, {
            open: OPEN.rest.test(path),
            own: OWN.rest.has(name),
            local,
          })
          const decision = status === 401 ? 'UNAUTHENTICATED' : status === 403 ? 'FORBIDDEN' : 'allowed'
          if (decision !== expected)
            wrong.push(`${visitor}${local ? '' : ', forwarded'}: ${name} → ${status}, not ${expected}`)
        }
      }
    expect(wrong).toEqual([])
    expect(operations.length).toBeGreaterThan(40)
  })

  test('every GraphQL root field allows exactly the visitors it should', async () => {
    const { app, visitors, ids } = await startFixtures(setup)
    const fields = rootFields(ids)
    const wrong: string[] = []
    for (const [visitor, headers] of Object.entries(visitors))
      for (const { name, kind, text } of fields) {
        if (SIGNING.has(name)) continue
        if (kind === 'subscription' || (kind === 'mutation' && (visitor === 'organizer' || visitor === 'token')))
          continue
        const { errors } = await app.answer(
          text,
          {},
          kind === 'mutation' ? await another(app, visitor, headers, EMAIL) : headers,
        )
        const code = errors?.[0]?.extensions?.code
        const decision = code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' ? code : 'allowed'
        expect(code, `${text}\n${JSON.stringify(errors)}`).not.toBe('GRAPHQL_VALIDATION_FAILED')
        const of = { open: OPEN.graphql.has(name), own: OWN.graphql.has(name), local: false }
        const expected = expectedDecision(setup, visitor as keyof Visitors, of)
        if (decision !== expected) wrong.push(`${visitor}: ${name} → ${decision}, not ${expected}`)
      }
    expect(wrong).toEqual([])
    expect(fields.length).toBeGreaterThan(40)
  })

  test('the socket and each subscription allow exactly the visitors they should', async () => {
    const { app, visitors, ids } = await startFixtures(setup)
    const wrong: string[] = []
    for (const [visitor, headers] of Object.entries(visitors)) {
      const opened = await open(app, headers)
      const expected = expectedDecision(setup, visitor as keyof Visitors, { open: false, own: false, local: false })
      if (
        (typeof opened === 'number' ? 'UNAUTHENTICATED' : 'allowed') !==
        (expected === 'UNAUTHENTICATED' ? expected : 'allowed')
      )
        wrong.push(`${visitor}: the socket`)
      if (typeof opened === 'number') continue
      for (const { name, kind, text } of rootFields(ids)) {
        if (kind !== 'subscription') continue
        const decision = await firstDecision(opened, name, text)
        const of = { open: false, own: OWN.graphql.has(name), local: false }
        if (decision !== expectedDecision(setup, visitor as keyof Visitors, of))
          wrong.push(`${visitor}: ${name} → ${decision}`)
      }
      opened.close()
    }
    expect(wrong).toEqual([])
  })
})

/** What a query has to have. */
function queryOf({ parameters = [] }: DescribedOperation): string {
  const due = parameters.filter((one) => one.in === 'query' && one.required)
  return due.length > 0 ? `?${due.map(({ name }) => `${name}=x`).join('&')}` : ''
}

/** A body of the right shape, so that nobody is refused for less than their role. */
function withBody(manual: Manual, { requestBody }: DescribedOperation, headers: Record<string, string>): RequestInit {
  const json = requestBody?.content['application/json']
  if (json)
    return {
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(plain(manual, json.schema)),
    }
  if (!requestBody) return { headers }
  const body = new FormData()
  body.set('file', new Blob(['{}']))
  return { headers, body }
}

function plain(manual: Manual, named: Record<string, unknown>): unknown {
  const schema = manual.resolve(named)
  const {
    type,
    properties,
    items,
    enum: words,
  } = schema as {
    enum?: string[]
    type?: string | string[]
    properties?: Record<string, Record<string, unknown>>
    items?: Record<string, unknown>
  }
  if (properties) return Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, plain(manual, one)]))
  if (items) return [plain(manual, items)]
  if (words) return words[0]
  const [first] = [type].flat()
  return first === 'integer' || first === 'number' ? 8443 : first === 'boolean' ? false : 'x'
}

/** Every field of the three root types, as an operation with arguments of the right shape. */
function rootFields(ids: Record<string, string>): { name: string; kind: string; text: string }[] {
  return (['query', 'mutation', 'subscription'] as const).flatMap((kind) => {
    const type = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    }[kind]
    return Object.values((type as GraphQLObjectType).getFields()).map((field) => ({
      name: field.name,
      kind,
      text: `${kind} { ${field.name}${args(field, ids)}${selection(field.type)} }`,
    }))
  })
}

function args(field: GraphQLField<unknown, unknown>, ids: Record<string, string>): string {
  const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)
  const id = /Instance|instance/.test(field.name)
    ? ids.instance_id
    : /Group|group/.test(field.name)
      ? ids.group_id
      : ids.user_id
  return needed.length === 0 ? '' : `(${needed.map((arg) => `${arg.name}: ${sample(arg.type, id ?? 'x')}`).join(', ')})`
}

function sample(type: GraphQLInputType, id: string): string {
  if (isNonNullType(type)) return sample(type.ofType, id)
  if (isListType(type)) return `[${sample(type.ofType, id)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name as string
  if (isInputObjectType(type))
    return `{${required(type)
      .map((field) => `${field.name}: ${sample(field.type, id)}`)
      .join(', ')}}`
  const scalars: Record<string, string> = { ID: JSON.stringify(id), Int: '1', Boolean: 'false', DateTime: 'null' }
  return scalars[type.name] ?? '"x"'
}

function required(type: GraphQLInputObjectType) {
  return Object.values(type.getFields()).filter(
    (field) => isNonNullType(field.type) && field.defaultValue === undefined,
  )
}

function selection(type: GraphQLOutputType): string {
  if (isNonNullType(type) || isListType(type)) return selection(type.ofType as GraphQLOutputType)
  return isLeafType(type) ? '' : ' { __typename }'
}

function frameText(data: RawData): string {
  return (data as Buffer).toString()
}

/** @returns the open socket, or the status that refused it */
function open(app: TestApp, headers: Record<string, string>): Promise<WebSocket | number> {
  const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode as number)
    })
    socket.on('error', reject)
    socket.on('message', (data) => frameText(data).includes('connection_ack') && resolve(socket))
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
  })
}

/** The first answer to a subscription, as a decision. */
function firstDecision(socket: WebSocket, id: string, query: string): Promise<string> {
  return new Promise((resolve) => {
    const hear = (data: RawData) => {
      const message = JSON.parse(frameText(data)) as { id?: string; type: string; payload?: unknown }
      if (message.id !== id || message.type === 'complete') return
      socket.off('message', hear)
      socket.send(JSON.stringify({ type: 'complete', id }))
      const code = /"code":"(UNAUTHENTICATED|FORBIDDEN)"/.exec(JSON.stringify(message.payload))?.[1]
      resolve(code ?? 'allowed')
    }
    socket.on('message', hear)
    socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }))
  })
}
