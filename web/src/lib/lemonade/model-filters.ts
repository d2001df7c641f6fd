import type { LemonadeModelsViewFragment } from '#lib/graphql/generated/graphql.ts'

type Model = LemonadeModelsViewFragment['models'][number]

/** Not one of Lemonade's labels: the model is on its disk. */
const DOWNLOADED = 'downloaded'
/** A label that fewer models have is not worth a filter. */
const FEWEST = 2
/** Labels of Lemonade that are not plain words. */
const LABELS: Record<string, string> = {
  esrgan: 'Upscaling',
  hot: 'Popular',
  llm: 'LLM',
  mtp: 'Multi-token prediction',
  tts: 'Text to speech',
}

const RECIPES: Record<string, string> = {
  flm: 'FastFlowLM',
  kokoro: 'Kokoro',
  llamacpp: 'llama.cpp',
  onnxruntime: 'ONNX Runtime',
  'ryzenai-llm': 'Ryzen AI',
  'sd-cpp': 'stable-diffusion.cpp',
  vllm: 'vLLM',
  whispercpp: 'whisper.cpp',
}

/** The name of the program that runs a model. */
export function recipeText(recipe: string): string {
  return RECIPES[recipe] ?? recipe
}

/** A label in plain words: "Tool calling" for `tool-calling`. */
export function labelText(label: string): string {
  const words = label.replace(/[-_]/g, ' ')
  return LABELS[label] ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** What models can be filtered by: whether they are downloaded, and labels that some of them have, the most common first. */
export function filtersOf(models: readonly Model[]): { value: string; label: string; count: number }[] {
  const downloaded = models.filter((model) => model.downloaded).length
  const counts = new Map<string, number>()
  for (const { labels } of models) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const labels = [...counts]
    .filter(([label, count]) => count >= FEWEST && count < models.length && label !== DOWNLOADED)
    .filter(([label]) => !models.some(({ recipe }) => recipe === label))
    .sort(([, one], [, other]) => other - one)
    .map(([value, count]) => ({ value, label: labelText(value), count }))
  return [{ value: DOWNLOADED, label: 'Downloaded', count: downloaded }, ...labels]
}

/** Whether a model has every word of the search, and everything in the filter. */
export function matches(model: Model, search: string, filters: readonly string[]): boolean {
  const { name, checkpoint, recipe, labels, downloaded } = model
  const text = [name, checkpoint, recipe, ...labels, ...labels.map(labelText)].join(' ').toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return (
    words.every((word) => text.includes(word)) &&
    filters.every((filter) => (filter === DOWNLOADED ? downloaded : labels.includes(filter)))
  )
}
