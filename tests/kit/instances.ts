import type { TestApp } from './app.ts'

/** An instance, with the fields that tests query. */
export interface Row {
  id: string
  groupName: string
  username: string
  state: string
  reason: string | null
  url: string | null
  secure: boolean
  commands: string[]
  logs: string
  port: number
  hostPort: number | null
  volume: string
  ref: string | null
  progress: string | null
  queuePlace: number | null
  createdAt: string
  startedAt: string | null
  endedAt: string | null
  expiresAt: string | null
  user: { id: string } | null
}

export const FIELDS = `id groupName username state reason url secure commands port hostPort volume ref progress
  queuePlace createdAt startedAt endedAt expiresAt user { id }`
const ONE = `query ($id: ID!) { instance(id: $id) { ${FIELDS} logs } }`
const CREATE = `mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { ${FIELDS} } }`

/** The commands for one instance, as the schema names them. */
export type CommandField =
  'pauseInstance' | 'resumeInstance' | 'restartInstance' | 'killInstance' | 'recreateInstance' | 'renewInstance'

export async function create(app: TestApp, username = 'ann', more: object = {}): Promise<Row> {
  const input = { group: 'alpha', username, ...more }
  return (await app.execute<{ createInstance: Row }>(CREATE, { input })).createInstance
}

export function refusedCreate(app: TestApp, input: object) {
  return app.refused(CREATE, { input })
}

/** Creates an instance and waits until it is Running. */
export async function running(app: TestApp, username = 'ann', more: object = {}): Promise<Row> {
  return inState(app, (await create(app, username, more)).id, 'RUNNING')
}

/** The password of a sandbox that has one. */
export async function passwordOf(app: TestApp, id: string): Promise<string> {
  const reveal = 'mutation ($id: ID!) { revealInstancePassword(input: { id: $id }) { id password } }'
  const data = await app.execute<{ revealInstancePassword: { password: string } }>(reveal, { id })
  return data.revealInstancePassword.password
}

export async function get(app: TestApp, id: string): Promise<Row> {
  return (await app.execute<{ instance: Row }>(ONE, { id })).instance
}

export async function all(app: TestApp, args = '(page: { size: 1000 })'): Promise<Row[]> {
  return (await app.execute<{ instances: { items: Row[] } }>(`{ instances${args} { items { ${FIELDS} } } }`)).instances
    .items
}

export async function when(app: TestApp, id: string, satisfies: (row: Row) => boolean, seconds?: number): Promise<Row> {
  return (await app.until<{ instance: Row }>(ONE, { id }, ({ instance }) => satisfies(instance), seconds)).instance
}

export function inState(app: TestApp, id: string, state: string, seconds?: number): Promise<Row> {
  return when(app, id, (row) => row.state === state, seconds)
}

export async function command(app: TestApp, field: CommandField, id: string): Promise<Row> {
  const data = await app.execute<Record<string, Row>>(
    `mutation ($id: ID!) { ${field}(input: { id: $id }) { ${FIELDS} } }`,
    { id },
  )
  return data[field] as Row
}

export function refusedCommand(app: TestApp, field: CommandField, id: string) {
  return app.refused(`mutation ($id: ID!) { ${field}(input: { id: $id }) { id } }`, { id })
}
