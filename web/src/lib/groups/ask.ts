import type { ListedGroup, ListedUser } from './types.ts'

/** A dialog of the page, and what it is about. */
export type Ask =
  | { what: 'create group' | 'import' }
  | { what: 'rename group' | 'delete group'; group: ListedGroup }
  | {
      what: 'rename user' | 'set email' | 'transfer user' | 'remove user' | 'kill instance' | 'delete workspace'
      user: ListedUser
      group: ListedGroup
    }

/** Opens a dialog. */
export type OnAsk = (ask: Ask) => void
