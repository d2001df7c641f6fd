import { z } from 'zod'
import { InvalidInput } from './errors.ts'
import { isName, NAME_RULE } from './names.ts'

/** A group or user name: trimmed, then checked by the rule of `names.ts`. */
export const name = z.string().trim().refine(isName, NAME_RULE)

/**
 * Parses the input of a service method.
 * @throws InvalidInput naming every bad field and its rule
 */
export function parse<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  throw new InvalidInput(
    parsed.error.issues.map((issue) => ({ field: issue.path.join('.') || 'input', message: issue.message })),
  )
}

/**
 * Text as search compares it, in any script: without case and compatibility forms. Prisma does not escape the wildcards
 * of LIKE, so they become characters that names cannot contain.
 */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('_', '\u001f').replaceAll('%', '\u001e')
}
