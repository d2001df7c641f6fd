/** Why a number is none that GraphQL can carry as an Int; its range is the server's business. */
export function unwhole(number: number | null): string | undefined {
  return number === null || (Number.isInteger(number) && Math.abs(number) < 2 ** 31)
    ? undefined
    : 'must be a whole number, and not so large'
}

/** The same of the numbers of a form: what to show, by field; null when they are all right. */
export function unwholeIn(
  numbers: Record<string, number | null>,
): { message: string; fields: Record<string, string> } | null {
  const faults = Object.entries(numbers).flatMap(([field, number]) => {
    const rule = unwhole(number)
    return rule ? [[field, rule] as const] : []
  })
  return faults.length === 0
    ? null
    : { message: 'Some fields need a whole number.', fields: Object.fromEntries(faults) }
}
