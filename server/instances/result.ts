import { AppError } from '../errors.ts'

/** What became of one of several: the row, or why not. */
export interface Result<T> {
  id: string
  row: T | null
  error: AppError | null
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
