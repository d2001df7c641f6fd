import { closest, distance } from 'fastest-levenshtein'
import type { Variable } from './variable.ts'
import { CHAPTERS } from './variables.ts'

const variables: readonly Variable[] = CHAPTERS.flatMap((chapter) => chapter.variables)

/** Every variable, by its path in thon.yaml. */
export const variablesByPath = new Map(variables.map((one) => [one.at, one]))

/** The paths of all sections of thon.yaml, nested ones included. */
export const sections = new Set(
  variables.flatMap(({ at }) => {
    const parts = at.split('.').slice(0, -1)
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** A suggestion for an unknown path, as the end of a sentence; '' when no path is similar. */
export function hintFor(path: string): string {
  const suggestion = variables.find(({ name }) => name === path)?.at ?? similar(path) ?? inOtherSection(path)
  return suggestion ? `. Did you mean ${suggestion}?` : ''
}

function similar(path: string): string | undefined {
  const [written, key] = [path.toLowerCase(), keyOf(path)]
  const best = closest(written, [...variablesByPath.keys(), ...sections, 'groups'])
  return distance(written, best) <= Math.max(Math.min(2, key.length - 2), key.length / 4) ? best : undefined
}

/** The only path with the same key in another section, or with a longer key that begins the same. */
function inOtherSection(path: string): string | undefined {
  const key = keyOf(path)
  const same = [...variablesByPath.keys()].filter((one) => keyOf(one) === key || one.startsWith(`${path}_`))
  return same.length === 1 ? same[0] : undefined
}

function keyOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
