import { z } from 'zod'
import { name } from '../input.ts'

const email = z.string().trim().max(254, 'must be at most 254 characters').pipe(z.email('must be an e-mail address'))

/** A title people read, for a group or an event; empty is none. */
export const title = z
  .string()
  .trim()
  .max(200, 'must be at most 200 characters')
  .transform((text) => text || null)

/** The short name of an event. */
export const eventId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')

export const groupInput = z.object({ name, title: title.nullish(), eventId: eventId.nullish() })
export const userInput = z.object({ username: name, email: email.nullish() })
export const emailInput = z.object({ email: email.nullable() })

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
