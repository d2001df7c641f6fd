const whole = new Intl.NumberFormat('en')

/** A number with its noun: `1 consumer`, `1,200 consumers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole.format(count)} ${count === 1 ? one : many}`
}

/** `pause` as `Pause`. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The text with a full stop, whether it came with one or not. */
export function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** A rule such as "must be 1 to 64 letters" with a capital and a full stop. */
export function sentence(rule: string): string {
  return withFullStop(capitalized(rule))
}
