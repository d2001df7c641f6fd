import { z } from 'zod'
import { name, pageInput } from '../core/input.ts'

/** Browsers' rule for e-mail fields. Scripts clear an address with an empty text, and read that text back. */
const email = z
  .string()
  .trim()
  .max(254, 'must be at most 254 characters')
  .refine((text) => text === '' || z.regexes.html5Email.test(text), 'must be an e-mail address')

/** What scripts read as workspace_path or storage_path. */
const path = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(1024, 'must be at most 1024 characters')
  .refine((text) => /^\P{Cc}*$/u.test(text) && text.isWellFormed(), 'must not contain control characters')

/** The title of a group or an event; an empty one becomes null. */
export const title = z
  .string()
  .trim()
  .max(200, 'must be at most 200 characters')
  // SQLite's client reads a text only up to a NUL.
  .refine((text) => !text.includes('\0'), 'must not contain a NUL character')
  .transform((text) => text || null)

/** The short name of an event. */
export const eventId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')

/** A new group. */
export const groupInput = z.object({ name, title: title.nullish(), eventId: eventId.nullish() })

/** What is left out, or null, stays; a null title is cleared. */
export const groupChanges = z.object({
  name: name.nullish(),
  title: title.nullish(),
  peerAccess: z.boolean().nullish(),
})

const search = z.string().trim().max(200, 'must be at most 200 characters').nullish()

/** Which groups, in which order. */
export const groupList = z.object({
  filter: z.object({ search }).nullish(),
  sort: z.object({ field: z.enum(['createdAt', 'name']), descending: z.boolean().default(false) }).nullish(),
  page: pageInput,
})

/** Which events, in which order. */
export const eventList = z.object({
  filter: z.object({ search }).nullish(),
  sort: z.object({ field: z.enum(['createdAt', 'eventId']), descending: z.boolean().default(false) }).nullish(),
  page: pageInput,
})

/** One page of a list. */
export interface Paged<Row> {
  items: Row[]
  /** Rows on all pages. */
  total: number
  /** Which page this is, from 1. */
  number: number
  /** The most rows of a page. */
  size: number
}

/** A new user. */
export const userInput = z.object({
  username: name,
  email: email.nullish(),
  /** Null: scripts read the path that the Python system gave such users. Left out: they read the volume. */
  workspacePath: z.null().optional(),
})

/** What is left out stays; a null or empty email is cleared. */
export const userChanges = z.object({
  username: name.optional(),
  email: email.nullish(),
  workspacePath: path.optional(),
  storagePath: path.optional(),
})

/** One user as a groups file writes it. */
export interface FileUser {
  name: string
  /** Undefined when the file says nothing: what is stored stays. */
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
