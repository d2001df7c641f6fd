import { AppError } from '../core/errors.ts'

/** What became of one of several: the row, or why not. */
export interface Result<T> {
  id: string
  row: T | null
  error: AppError | null
}

/** Does something for each of many, a few at the same time; results in their order. */
export async function inLots<T, R>(items: readonly T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const next = items.entries()
  const worker = async () => {
    for (const [at, item] of next) results[at] = await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** Runs the act for one of several; a refusal is its result, so that it keeps no other back. */
export async function settle<T>(id: string, act: () => Promise<T>): Promise<Result<T>> {
  try {
    return { id, row: await act(), error: null }
  } catch (error) {
    if (error instanceof AppError) return { id, row: null, error }
    throw error
  }
}
