/** Why a number is none that GraphQL can carry as an Int; its range is the server's business. */
export function unwhole(number: number | null): string | undefined {
  return number === null || (Number.isInteger(number) && Math.abs(number) < 2 ** 31)
    ? undefined
    : 'must be a whole number, and not so large'
}
