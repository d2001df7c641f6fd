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
import type { Principal } from '../core/viewer.ts'
import type { GraphContext } from './context.ts'

/** Parts of the context that return only rows; no row changes without an event. */
const ROW_SERVICES: ReadonlySet<string> = new Set<keyof GraphContext>(['db', 'groups', 'users', 'viewer'])

/** What says who asks, and not only what they may see. */
const PERSONAL: ReadonlySet<string> = new Set<keyof Principal>([
  ...(['id', 'kind', 'name', 'email', 'identityId', 'expiresAt'] as const),
])

/** Yoga writes a result with its `stringify` if it has one. */
type Answer = ExecutionResult & { stringify?: () => string }

/** Yoga types the arguments of an execution as `any`. */
type Execution = ExecutionArgs & { contextValue: GraphContext & { params: { query?: string } } }

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult

/**
 * A Yoga plugin that caches answers to queries until the next change: loading a hundred groups takes a tenth of a second,
 * and a hall full of dashboards asks for them over and over. Only answers made from rows are cached: one whose resolvers
 * used anything else of the context, such as the queue or the engine, is computed every time. People who may see the same
 * share answers, except those that say who asks: each principal has its own.
 */
export function responseCachePlugin(events: Events): Plugin<GraphContext> {
  const kept = new ResponseCache<Answer>(events)
  const live = new WeakSet<DocumentNode>()
  /** Documents whose answers say who asks. */
  const personal = new WeakSet<DocumentNode>()

  const make = async (args: ExecutionArgs, execute: Execute): Promise<Answer> => {
    const context = watched(args.contextValue as GraphContext)
    const isShared = !personal.has(args.document)
    const result = await execute({ ...args, contextValue: context.value })
    const { onlyRows, isPersonal } = context.read
    if (!onlyRows) live.add(args.document)
    if (isPersonal) personal.add(args.document)
    if (!onlyRows || result.errors || (isPersonal && isShared)) return result
    let text: string | undefined
    return { ...result, stringify: () => (text ??= JSON.stringify(result)) }
  }

  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => {
      const { document, operationName, variableValues, contextValue } = args as Execution
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.QUERY || live.has(document)) return
      const { viewer, params } = contextValue
      // A hash, because the key stays in memory and queries can be long.
      const asker = personal.has(document) ? viewer.id : viewer.audienceKey
      const asked = JSON.stringify([asker, viewer.role, params.query, operationName, variableValues])
      const key = createHash('sha256').update(asked).digest('base64')
      const mayKeep = (answer: Answer) => answer.stringify !== undefined
      setExecuteFn((now: ExecutionArgs) => kept.get(key, () => make(now, executeFn as Execute), mayKeep))
    },
  }
}

/** The context, and what was read from it: only row services, and who asks. Pothos itself uses symbols on it. */
function watched(context: GraphContext) {
  const read = { onlyRows: true, isPersonal: false }
  const viewer = new Proxy(context.viewer, {
    get: (target, name) => {
      if (typeof name === 'string' && PERSONAL.has(name)) read.isPersonal = true
      return Reflect.get(target, name) as unknown
    },
  })
  const value = new Proxy(context, {
    get: (target, name) => {
      if (typeof name === 'string' && !ROW_SERVICES.has(name)) read.onlyRows = false
      return name === 'viewer' ? viewer : (Reflect.get(target, name) as unknown)
    },
  })
  return { value, read }
}
