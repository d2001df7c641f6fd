import type { IncomingMessage } from 'node:http'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Viewer } from '../core/viewer.ts'
import type { Log } from '../core/log.ts'
import { responseCachePlugin } from './response-cache.ts'
import type { GraphContext, Services } from './context.ts'
import { KeptByText } from './documents.ts'
import { maskError } from './errors.ts'
import { Graphiql } from './graphiql.ts'
import { parseWithin, validateWithin } from './limits.ts'

/** The request as Node has it: the one that asks, or the one of the page that is rendered. */
export interface Asked {
  req: IncomingMessage
}

/** GraphQL over HTTP, with GraphiQL (its assets come from the package, not from another host). */
export type Yoga = YogaServerInstance<Asked, GraphContext>

/** The same limits as over the socket. */
const limits: Plugin = {
  onParse: ({ setParseFn }) => setParseFn(parseWithin),
  onValidate: ({ setValidationFn }) => setValidationFn(validateWithin),
}

/** @param viewerOf who sends a request */
export function createGraphql(
  schema: GraphQLSchema,
  services: Services,
  viewerOf: (request: IncomingMessage) => Viewer,
  log: Log,
): Yoga {
  const graphiql = new Graphiql()
  return createYoga<Asked, GraphContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // Same-origin only; the gate in front refuses every other Origin.
    cors: false,
    batching: false,
    graphiql: { title: 'THON GraphiQL', subscriptionsProtocol: 'WS' },
    renderGraphiQL: graphiql.render,
    parserAndValidationCache: {
      documentCache: new KeptByText<DocumentNode>(),
      // What does not parse is not sent twice, but by somebody who wants to fill the memory.
      errorCache: { get: () => undefined, set: () => undefined },
    },
    logging: false,
    context: ({ req }) => ({ ...services, viewer: viewerOf(req), replayNewest: () => undefined }),
    plugins: [limits, graphiql.plugin, responseCachePlugin(services.events)],
    maskedErrors: { maskError: (error) => maskError(error, log) },
  })
}
