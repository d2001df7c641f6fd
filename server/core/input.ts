import { z } from 'zod'
import { InvalidInput } from './errors.ts'
import { isName, NAME_RULE } from './names.ts'

/** A group or user name: trimmed, then checked by the rule of `names.ts`. */
export const name = z.string().trim().refine(isName, NAME_RULE)

/** Which page of a list: the first 50 rows unless told. The last page that can be asked for ends below 2^31 rows, Prisma's limit. */
export const pageInput = z
  .object({
    number: z.number().int().min(1, 'must be 1 to 2000000').max(2_000_000, 'must be 1 to 2000000').default(1),
    size: z.number().int().min(1, 'must be 1 to 1000').max(1000, 'must be 1 to 1000').default(50),
  })
  .nullish()
  .transform((page) => page ?? { number: 1, size: 50 })

/** The rows of a page, as Prisma takes them. */
export function rowsOf({ number, size }: { number: number; size: number }): { skip: number; take: number } {
  return { skip: (number - 1) * size, take: size }
}

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
