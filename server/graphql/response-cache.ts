import { createHash } from 'node:crypto'
import {
  getOperationAST,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Events } from '../core/events.ts'
import { ResponseCache } from '../core/response-cache.ts'
import type { GraphContext } from './context.ts'

/** What of the context tells nothing but rows, and no row changes without an event. */
const FROM_ROWS: ReadonlySet<string> = new Set<keyof GraphContext>(['db', 'groups', 'users', 'viewer'])

/** Yoga writes out a result that brings its own `stringify` by that. */
type Answer = ExecutionResult & { stringify?: () => string }

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult

/**
 * A plugin of Yoga that keeps answers to queries until the next change: to load a hundred groups takes a tenth of a
 * second, and a hall of dashboards asks for them over and over. Kept is only what was made from rows: an answer whose
 * resolvers took anything else from the context, such as a queue, the engine or a log, is made anew each time.
 */
export function responseCachePlugin(events: Events): Plugin<GraphContext> {
  const kept = new ResponseCache<Answer>(events)
  const live = new WeakSet<DocumentNode>()

  const make = async (args: ExecutionArgs, execute: Execute): Promise<Answer> => {
    const context = watched(args.contextValue as GraphContext)
    const result = await execute({ ...args, contextValue: context.value })
    if (!context.onlyRows()) live.add(args.document)
    if (!context.onlyRows() || result.errors) return result
    let text: string | undefined
    return { ...result, stringify: () => (text ??= JSON.stringify(result)) }
  }

  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => {
      const { document, operationName, variableValues, contextValue } = args
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.QUERY || live.has(document)) return
      const { viewer, params } = contextValue
      // Short, however long the query is: it is kept.
      const asked = JSON.stringify([viewer.audienceKey, params.query, operationName, variableValues])
      const key = createHash('sha256').update(asked).digest('base64')
      const mayKeep = (answer: Answer) => answer.stringify !== undefined
      setExecuteFn((now: ExecutionArgs) => kept.get(key, () => make(now, executeFn as Execute), mayKeep))
    },
  }
}

/** The context, and whether only what tells rows was taken from it. Symbols are Pothos keeping notes. */
function watched(context: GraphContext): { value: GraphContext; onlyRows: () => boolean } {
  let onlyRows = true
  const value = new Proxy(context, {
    get: (target, name) => {
      if (typeof name === 'string' && !FROM_ROWS.has(name)) onlyRows = false
      return Reflect.get(target, name) as unknown
    },
  })
  return { value, onlyRows: () => onlyRows }
}
