import { GraphQLError } from 'graphql'
import { AppError, DiskFull, isDisconnect, isDiskFull } from '../core/errors.ts'
import type { Log } from '../core/log.ts'

/**
 * The part of an error that leaves the server: an AppError keeps its message, code and fields; errors in the query itself
 * stay unchanged; everything else is logged with its stack and answered as INTERNAL_ERROR.
 */
export function maskError(error: unknown, log: Log): GraphQLError {
  const original = error instanceof GraphQLError ? error.originalError : error
  if (original instanceof AppError) {
    const { code, fields } = original
    const at = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
    return new GraphQLError(original.message, { ...at, extensions: fields.length > 0 ? { code, fields } : { code } })
  }
  if (error instanceof GraphQLError && (!original || original instanceof GraphQLError)) return error
  if (isDiskFull(original ?? error)) return maskError(new DiskFull(), log)
  if (!isDisconnect(original ?? error)) log.error({ err: original ?? error }, 'unexpected error in GraphQL')
  const at = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  return new GraphQLError('Internal Server Error', { ...at, extensions: { code: 'INTERNAL_ERROR' } })
}
