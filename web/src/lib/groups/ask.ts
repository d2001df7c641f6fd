import type { ListedGroup, ListedUser } from './types.ts'

/** The dialogs about a user. */
export type AskOfUser =
  'rename user' | 'set email' | 'transfer user' | 'delete user' | 'kill instance' | 'delete workspace'

/** A dialog of the page, with its subject. */
export type Ask =
  | { what: 'create group' }
  | { what: 'import'; text?: string }
  | { what: 'rename group' | 'delete group' | 'join links'; group: ListedGroup }
  | { what: AskOfUser; user: ListedUser; group: ListedGroup }

/** Opens a dialog. */
export type OnAsk = (ask: Ask) => void
