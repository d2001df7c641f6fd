import { Refused, type Backend } from './backend.ts'

/** Which instance, and whose. */
export interface Named {
  id: string
  group: string
  username: string
}

/** An instance as commands show it. */
export interface Row extends Named {
  state: string
  url: string | null
  publicUrl: string | null
  domainUrl: string | null
  password: string | null
  reason: string | null
  notice: string | null
}

const PAGE = `query ($page: Int!, $filter: InstanceFilter) {
  instances(filter: $filter, page: { number: $page, size: 1000 }, sort: { field: GROUP }) {
    total
    items { id group: groupName username state url publicUrl domainUrl reason notice }
  }
}`
/** States in which there is a sandbox, or will be. */
const ACTIVE = ['PENDING', 'RUNNING', 'PAUSING', 'PAUSED', 'STOPPING']

/** Active instances, of one group or of all, without passwords. */
export async function activeRows(backend: Backend, group: string | null): Promise<Row[]> {
  const filter = { states: ACTIVE, group }
  const rows: Row[] = []
  for (let page = 1; ; page++) {
    const { instances } = await backend.ask<{ instances: { total: number; items: Row[] } }>(PAGE, { page, filter })
    rows.push(...instances.items)
    if (instances.items.length === 0 || rows.length >= instances.total) return rows
  }
}

/** A group as commands know it. */
export interface Group {
  id: string
  name: string
  userCount: number
}

const GROUPS = `query ($page: Int!) {
  groups(page: { number: $page, size: 1000 }) { total items { id name userCount } }
}`

/** All groups, in the order they were created. */
export async function allGroups(backend: Backend): Promise<Group[]> {
  const found: Group[] = []
  for (let page = 1; ; page++) {
    const { groups } = await backend.ask<{ groups: { total: number; items: Group[] } }>(GROUPS, { page })
    found.push(...groups.items)
    if (groups.items.length === 0 || found.length >= groups.total) return found
  }
}

/** How many are asked for at once. */
const AT_ONCE = 20

/** The instances with these ids, as they are now, with their passwords. One that is gone by now is left out. */
export async function rowsOf(backend: Backend, ids: readonly string[]): Promise<Row[]> {
  const rows: Row[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => rowOf(backend, id)))
    rows.push(...some.filter((row) => row !== null))
  }
  return rows
}

async function rowOf(backend: Backend, id: string): Promise<Row | null> {
  const fields = 'id group: groupName username state url publicUrl domainUrl secure reason notice'
  const { instance } = await backend.ask<{ instance: (Omit<Row, 'password'> & { secure: boolean }) | null }>(
    `query ($id: ID!) { instance(id: $id) { ${fields} } }`,
    { id },
  )
  if (instance === null) return null
  const { secure, ...row } = instance
  return { ...row, password: secure ? await passwordOf(backend, id) : null }
}

/** Null when the instance is gone by now. */
async function passwordOf(backend: Backend, id: string): Promise<string | null> {
  try {
    const { revealInstancePassword } = await backend.ask<{ revealInstancePassword: { password: string } }>(
      'mutation ($id: ID!) { revealInstancePassword(input: { id: $id }) { password } }',
      { id },
    )
    return revealInstancePassword.password
  } catch (error) {
    if (error instanceof Refused && error.code === 'NOT_FOUND') return null
    throw error
  }
}
