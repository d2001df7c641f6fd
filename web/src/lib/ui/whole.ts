/** Why GraphQL can't carry a number as an Int; the server checks its range. */
export function unwhole(number: number | null): string | undefined {
  return number === null || (Number.isInteger(number) && Math.abs(number) < 2 ** 31)
    ? undefined
    : 'Enter a whole number below 2 billion.'
}

/** The same for the numbers of a form, by field; null when all are valid. */
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
