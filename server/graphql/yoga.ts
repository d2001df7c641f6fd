import type { IncomingMessage, ServerResponse } from 'node:http'
import { getOperationAST, OperationTypeNode, type DocumentNode, type ExecutionArgs, type GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Principal } from '../core/viewer.ts'
import type { Log } from '../core/log.ts'
import type { Quotas } from '../core/quotas.ts'
import { responseCachePlugin } from './response-cache.ts'
import type { GraphContext, Services } from './context.ts'
import { cacheByText } from './documents.ts'
import { jsonLimit } from './json-limit.ts'
import { maskError } from './errors.ts'
import { Graphiql } from './graphiql.ts'
import { parseWithin, validateWithin } from './limits.ts'

/** The Node request behind a query: its own, or that of the page being rendered. */
export interface RequestContext {
  req: IncomingMessage
  /** Null while a page is being rendered. */
  res: ServerResponse | null
}

/** GraphQL over HTTP, with GraphiQL (its assets come from the package, not from another host). */
export type Yoga = YogaServerInstance<RequestContext, GraphContext>

/** The limits that apply over the socket, too. */
const limits: Plugin = {
  onParse: ({ setParseFn }) => setParseFn(parseWithin),
  onValidate: ({ setValidationFn }) => setValidationFn(validateWithin),
}

/** Counts mutations, as the socket does. */
function commandQuota(quotas: Quotas, log: Log): Plugin<GraphContext> {
  return {
    onExecute: async ({ args, setResultAndStopExecution }) => {
      const { document, operationName, contextValue } = args as ExecutionArgs & { contextValue: GraphContext }
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.MUTATION) return
      await quotas
        .command(contextValue.viewer)
        .catch((error: unknown) => setResultAndStopExecution({ errors: [maskError(error, log)] }))
    },
  }
}

/** @param viewerOf who sends a request */
export function createGraphql(
  schema: GraphQLSchema,
  services: Services,
  viewerOf: (request: IncomingMessage) => Principal,
  quotas: Quotas,
  log: Log,
): Yoga {
  const graphiql = new Graphiql()
  return createYoga<RequestContext, GraphContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // Same origin only: the gate refuses every other Origin.
    cors: false,
    batching: false,
    // Nothing is uploaded this way.
    multipart: false,
    graphiql: { title: 'THON GraphiQL', subscriptionsProtocol: 'WS' },
    renderGraphiQL: graphiql.render,
    parserAndValidationCache: {
      documentCache: cacheByText<DocumentNode>(),
      // Only a client that wants to fill the memory sends a broken document twice.
      errorCache: { get: () => undefined, set: () => undefined },
    },
    logging: false,
    context: ({ req, res }) => ({
      ...{ ...services, viewer: viewerOf(req), replayNewest: () => undefined },
      setCookie: (cookie) => res?.appendHeader('Set-Cookie', cookie),
    }),
    plugins: [jsonLimit, limits, graphiql.plugin, commandQuota(quotas, log), responseCachePlugin(services.events)],
    maskedErrors: { maskError: (error) => maskError(error, log) },
  })
}
