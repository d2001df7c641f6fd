import { AppError } from '../core/errors.ts'

/** The outcome for one of several: the row, or the error. */
export interface Result<T> {
  id: string
  row: T | null
  error: AppError | null
}

/** Runs the act for one of several. A refusal becomes its result, so that the others go on; any other error is thrown. */
export async function settle<T>(id: string, act: () => Promise<T>): Promise<Result<T>> {
  try {
    return { id, row: await act(), error: null }
  } catch (error) {
    if (error instanceof AppError) return { id, row: null, error }
    throw error
  }
}
