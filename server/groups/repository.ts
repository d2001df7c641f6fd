import { isUniqueViolation } from '../db/client.ts'
import { Conflict } from '../core/errors.ts'

/** Runs a write, and turns a broken unique index into the Conflict that people can read. */
export async function onUniqueViolation<T>(field: string, message: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict(message, [{ field, message }])
    throw error
  }
}
