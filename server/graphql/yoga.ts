import { createYoga, type YogaServerInstance } from 'graphql-yoga'
import type { Viewer } from '../auth/viewer.ts'
import type { Log } from '../log.ts'
import { keptAnswers } from './answers.ts'
import type { GraphContext, Services } from './context.ts'
import { maskError } from './errors.ts'
import { schema } from './schema.ts'

/** GraphQL over HTTP, with GraphiQL (its assets come from the package, not from another host). */
export type Yoga = YogaServerInstance<object, GraphContext>

/** @param viewerOf who sends a request */
export function createGraphql(services: Services, viewerOf: (request: Request) => Viewer, log: Log): Yoga {
  return createYoga<object, GraphContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    // Same-origin only; the gate in front refuses every other Origin.
    cors: false,
    batching: false,
    graphiql: { title: 'THON GraphiQL', subscriptionsProtocol: 'WS' },
    // It is 9 MB of text, and few ever open it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    logging: false,
    context: ({ request }) => ({ ...services, viewer: viewerOf(request), replayNewest: () => undefined }),
    plugins: [keptAnswers(services.events)],
    maskedErrors: { maskError: (error) => maskError(error, log) },
  })
}
