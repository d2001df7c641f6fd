import type { LemonadeModelsViewFragment } from '#lib/graphql/generated/graphql.ts'

type Model = LemonadeModelsViewFragment['models'][number]

/** Not a label of Lemonade's: on its disk. */
const DOWNLOADED = 'downloaded'
/** A label that fewer have narrows nothing down. */
const FEWEST = 2

/** What models can be filtered by: whether they are downloaded, and the labels that some have and others not, the commonest first. */
export function filtersOf(models: readonly Model[]): { value: string; label: string; count: number }[] {
  const downloaded = models.filter((model) => model.downloaded).length
  const counts = new Map<string, number>()
  for (const { labels } of models) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const labels = [...counts]
    .filter(([label, count]) => count >= FEWEST && count < models.length && label !== DOWNLOADED)
    .filter(([label]) => !models.some(({ recipe }) => recipe === label))
    .sort(([, one], [, other]) => other - one)
    .map(([value, count]) => ({ value, label: value, count }))
  return [{ value: DOWNLOADED, label: 'Downloaded', count: downloaded }, ...labels]
}

/** Whether a model has every word that is searched for, and everything that is filtered by. */
export function isWanted(model: Model, search: string, filters: readonly string[]): boolean {
  const { name, checkpoint, recipe, labels, downloaded } = model
  const text = [name, checkpoint, recipe, ...labels].join(' ').toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return (
    words.every((word) => text.includes(word)) &&
    filters.every((filter) => (filter === DOWNLOADED ? downloaded : labels.includes(filter)))
  )
}
