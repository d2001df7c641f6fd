import { z } from 'zod'
import { name } from '../core/input.ts'

/** The rule browsers have for e-mail fields. Scripts clear an address with an empty text, and are shown that again. */
const email = z
  .string()
  .trim()
  .max(254, 'must be at most 254 characters')
  .refine((text) => text === '' || z.regexes.html5Email.test(text), 'must be an e-mail address')

/** What scripts see as workspace_path or storage_path. */
const path = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(1024, 'must be at most 1024 characters')
  .refine((text) => /^\P{Cc}*$/u.test(text) && text.isWellFormed(), 'must not hold control characters')

/** A title people read, for a group or an event; empty is none. */
export const title = z
  .string()
  .trim()
  .max(200, 'must be at most 200 characters')
  // SQLite's client reads a text only up to it.
  .refine((text) => !text.includes('\0'), 'must not hold a NUL')
  .transform((text) => text || null)

/** The short name of an event. */
export const eventId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')

export const groupInput = z.object({ name, title: title.nullish(), eventId: eventId.nullish() })
export const userInput = z.object({
  username: name,
  email: email.nullish(),
  /** Null: scripts are shown the path they know for such users; else they are shown the volume. */
  workspacePath: z.null().optional(),
})
export const userChanges = z.object({
  username: name.optional(),
  email: email.nullish(),
  workspacePath: path.optional(),
  storagePath: path.optional(),
})

/** One user as a groups file writes it. */
export interface FileUser {
  name: string
  /** Undefined: the file does not say, and what is stored stays. */
  email?: string | null
}

/** One group as a groups file writes it. */
export interface FileGroup {
  name: string
  title?: string | null
  /** The event it belongs to; undefined leaves it where it is. */
  eventId?: string
  users: FileUser[]
}

/** A whole groups file. */
export interface GroupsFile {
  events: { eventId: string; title?: string | null }[]
  groups: FileGroup[]
}
