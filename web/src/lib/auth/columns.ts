import type { ApiTokenRowFragment, IdentityRowFragment } from '#lib/graphql/generated/graphql.ts'
import type { Column } from '#lib/ui/column.ts'
import { providerName } from './roles.ts'

/** The columns of people with access. */
export const peopleColumns: Column<IdentityRowFragment>[] = [
  { key: 'name', header: 'Name', width: 'minmax(8rem, 2fr)', phone: 'title', text: (person) => person.displayName },
  { key: 'email', header: 'E-mail', width: 'minmax(9rem, 2fr)' },
  { key: 'provider', header: 'Login', width: '8.5rem', text: providerName, room: 'some' },
  { key: 'role', header: 'Role', width: '7.5rem' },
  { key: 'seen', header: 'Last seen', width: '8rem' },
]

/** The columns of the keys for scripts. */
export const tokenColumns: Column<ApiTokenRowFragment>[] = [
  { key: 'name', header: 'Name', width: 'minmax(8rem, 2fr)', phone: 'title', text: (token) => token.name },
  { key: 'by', header: 'Created by', width: 'minmax(7rem, 1fr)', text: (token) => token.createdBy },
  { key: 'created', header: 'Created', width: '8rem', room: 'some' },
  { key: 'expires', header: 'Expires', width: '8rem' },
  { key: 'used', header: 'Last used', width: '8rem' },
]
