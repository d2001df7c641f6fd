const order = new Intl.Collator(undefined, { numeric: true })

/** More names than one sees at once. */
export const MANY = 8

/** Those of the names that hold the text, in any case, as people sort names; all for no text. */
export function matching(names: readonly string[], text: string): string[] {
  const wanted = text.trim().toLowerCase()
  return names.filter((name) => name.toLowerCase().includes(wanted)).sort(order.compare)
}
