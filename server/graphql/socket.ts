import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { execute, getOperationAST, GraphQLError, OperationTypeNode, type ExecutionArgs } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { Viewer } from '../auth/viewer.ts'
import type { Log } from '../log.ts'
import type { GraphContext, Services } from './context.ts'
import { Documents } from './documents.ts'
import { maskError } from './errors.ts'
import { FanOut } from './fanout.ts'
import { schema } from './schema.ts'

/** Largest message a client may send, in bytes. */
const LARGEST_MESSAGE = 1024 * 1024 + 64 * 1024

/** GraphQL over WebSocket: the graphql-transport-ws protocol (https://github.com/graphql/graphql-over-http, graphql-ws PROTOCOL.md). */
export interface GraphqlSocket {
  /** Takes over an HTTP request that asked to be upgraded, already let in by the gate. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends every socket with code 1001, "going away", after which clients reconnect. */
  close(): Promise<void>
}

interface Shareable extends ExecutionArgs {
  /** Equal for exactly those operations that may share one execution. */
  shareKey: string
}

/** @param viewerOf who opened the socket */
export function createSocket(
  services: Services,
  viewerOf: (request: IncomingMessage) => Viewer,
  log: Log,
): GraphqlSocket {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: LARGEST_MESSAGE })
  const documents = new Documents(schema)
  const fanOut = new FanOut()

  const protocol = useServer(
    {
      onSubscribe: ({ extra }, _id, { query, operationName, variables }) => {
        const parsed = documents.get(query)
        if (parsed.errors) return parsed.errors
        const operation = getOperationAST(parsed.document, operationName)
        if (!operation) return [new GraphQLError('Unable to identify the operation.')]
        const viewer = viewerOf(extra.request)
        const contextValue: GraphContext = { ...services, viewer, replayNewest: () => undefined }
        const args: ExecutionArgs = {
          schema,
          document: parsed.document,
          operationName,
          variableValues: variables,
          contextValue,
        }
        if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return args
        return { ...args, shareKey: JSON.stringify([viewer, query, operationName, variables]) } satisfies Shareable
      },
      execute,
      subscribe: async (args) => fanOut.subscribe((args as unknown as Shareable).shareKey, args),
      onNext: (_context, _id, _payload, _args, result) => masked(result, log),
      onError: (_context, _id, _payload, errors) => errors.map((error) => maskError(error, log)),
    },
    server,
    12_000,
  )

  return {
    upgrade: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request)),
    close: async () => {
      await protocol.dispose()
      server.close()
    },
  }
}

function masked<Result extends { errors?: readonly GraphQLError[] }>(result: Result, log: Log): Result | undefined {
  return result.errors ? { ...result, errors: result.errors.map((error) => maskError(error, log)) } : undefined
}
