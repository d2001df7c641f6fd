import type { Variable } from './variable.ts'
import { CHAPTERS } from './variables.ts'

const variables: readonly Variable[] = CHAPTERS.flatMap((chapter) => chapter.variables)

/** Every variable, by its place in thon.yaml. */
export const places = new Map(variables.map((one) => [one.at, one]))

/** What sections there are, at any depth. */
export const sections = new Set(
  variables.flatMap(({ at }) => {
    const parts = at.split('.').slice(0, -1)
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** The place that was meant by one that there is not, as the end of a sentence; '' when none looks like it. */
export function hintFor(path: string): string {
  const meant = variables.find(({ name }) => name === path)?.at ?? similar(path) ?? elsewhere(path)
  return meant ? `. Did you mean ${meant}?` : ''
}

function similar(path: string): string | undefined {
  const [written, last] = [path.toLowerCase(), lastOf(path)]
  const [best] = [...places.keys(), ...sections, 'groups']
    .map((one) => ({ one, far: distance(written, one) }))
    .sort((a, b) => a.far - b.far)
  return best && best.far <= Math.max(Math.min(2, last.length - 2), last.length / 4) ? best.one : undefined
}

/** A key of that name in another section, if there is one alone; a longer name that begins with it. */
function elsewhere(path: string): string | undefined {
  const last = lastOf(path)
  const same = [...places.keys()].filter((one) => lastOf(one) === last || one.startsWith(`${path}_`))
  return same.length === 1 ? same[0] : undefined
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** How many letters have to change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[b.length] as number
}
