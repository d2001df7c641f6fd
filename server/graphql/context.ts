import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import type { Principal } from '../core/viewer.ts'

/**
 * Every service the API offers, created once by `app/services.ts`. Each feature adds its own in its `graphql.ts`:
 * `declare module '../graphql/context.ts' { interface Services { … } }`.
 */
export interface Services {
  db: Db
  events: Events
}

/** What resolvers get. Created once for a request, and once for a subscription of a socket, so it holds nothing that ages. */
export interface GraphContext extends Services {
  viewer: Principal
  /** Adds a Set-Cookie header to the response, given as its value. A WebSocket has none to add it to. */
  setCookie: (cookie: string) => void
  /**
   * Called by the subscribe resolver of a topic that sends the current state: a subscriber that joins later gets the
   * newest frame first, where topics of changes send their READY frame.
   */
  replayNewest: () => void
}
