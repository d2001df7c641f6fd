import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql'
import type { Principal } from '../core/viewer.ts'
import { TooMany } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Quotas } from '../core/quotas.ts'
import type { GraphContext, Services } from './context.ts'
import { Documents } from './documents.ts'
import { maskError } from './errors.ts'
import { FanOut, Frames } from './fanout.ts'
import { Transport, type Peer, type SocketOwner } from './transport.ts'

/** GraphQL over WebSocket: the graphql-transport-ws protocol (https://github.com/graphql/graphql-over-http, graphql-ws PROTOCOL.md). */
export interface GraphqlSocket {
  /** Takes over an upgrade request that has been authenticated. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, owner: SocketOwner): void
  /** Closes every socket with code 1001 (going away), after which clients reconnect. */
  close(): Promise<void>
}

/** Most operations of one socket at a time; the dashboard has about ten. */
const MAX_OPERATIONS = 200

interface Subscription extends ExecutionArgs {
  /** Equal for exactly the operations that may share one execution. */
  shareKey: string
  /** Whose frames these are. */
  peer: Peer
  id: string
}

/** GraphQL over WebSocket for one server. */
export function createSocket(schema: GraphQLSchema, services: Services, quotas: Quotas, log: Log): GraphqlSocket {
  const documents = new Documents(schema)
  const fanOut = new FanOut()
  const texts = new WeakMap<ExecutionResult, string>()

  /** Written once per result, however many sockets it goes to. */
  const textOf = (result: ExecutionResult): string => {
    const text = texts.get(result) ?? JSON.stringify(masked(result, log) ?? result)
    texts.set(result, text)
    return text
  }

  const contextOf = (viewer: Principal): GraphContext => ({
    ...{ ...services, viewer },
    ...{ replayNewest: () => undefined, setCookie: () => undefined },
  })

  const transport = new Transport({
    onSubscribe: async ({ extra: peer, subscriptions }, id, { query, operationName, variables }) => {
      if (Object.keys(subscriptions).length > MAX_OPERATIONS)
        return [new GraphQLError(`A socket may have at most ${MAX_OPERATIONS} operations at a time.`)]
      const { viewer } = peer
      const parsed = documents.get(query)
      if (parsed.errors) return parsed.errors
      const operation = getOperationAST(parsed.document, operationName)
      if (!operation) return [new GraphQLError('Unable to identify the operation.')]
      const args: ExecutionArgs = { schema, document: parsed.document, operationName, variableValues: variables }
      if (operation.operation === OperationTypeNode.MUTATION) {
        const refusal = await quotas.command(viewer).catch((error: unknown) => maskError(error, log))
        if (refusal) return [refusal]
      }
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return { ...args, contextValue: contextOf(viewer) }
      const shareKey = hash(JSON.stringify([viewer.audienceKey, query, operationName, variables]))
      return { ...args, shareKey, peer, id } satisfies Subscription
    },
    execute,
    subscribe: async (args) => {
      const { shareKey, peer, id, ...execution } = args as unknown as Subscription
      let release = () => undefined as void
      try {
        release = quotas.take('subscription', peer.viewer, peer.address)
        const frames = await fanOut.subscribe(shareKey, { ...execution, contextValue: contextOf(peer.viewer) })
        if (frames instanceof Frames) {
          frames.onEnded = release
          frames.sink = (frame) => peer.send(`{"id":${JSON.stringify(id)},"type":"next","payload":${textOf(frame)}}`)
        } else release()
        return frames
      } catch (error) {
        release()
        if (error instanceof TooMany) return { errors: [maskError(error, log)] }
        throw error
      }
    },
    onNext: (_context, _id, _payload, _args, result) => masked(result, log),
    onError: (_context, _id, _payload, errors) => errors.map((error) => maskError(error, log)),
  })

  const stop = services.events.on('principal', (change) => transport.dismiss(change))
  return {
    upgrade: (request, socket, head, owner) => transport.upgrade(request, socket, head, owner),
    close: () => {
      stop()
      return transport.close()
    },
  }
}

/** Short, because every subscriber keeps one. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function masked<Result extends { errors?: readonly GraphQLError[] }>(result: Result, log: Log): Result | undefined {
  return result.errors ? { ...result, errors: result.errors.map((error) => maskError(error, log)) } : undefined
}
