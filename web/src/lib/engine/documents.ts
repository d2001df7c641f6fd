import { graphql } from '#lib/graphql/generated/gql.ts'

/** The sandbox engine as banners, the queue chip and the settings show it. */
export const EngineState = graphql(`
  fragment EngineState on Engine {
    kind
    connected
    since
    message
    version
    image
    imagePresent
    cannot
    notices
    waiting
    starting
    startLimit
    network {
      pool
      lanBlocked
      internetBlocked
      exceptions
      hostPorts
      nameServers
      enforced
      notices
    }
  }
`)

/** The engine, now. */
export const EngineQuery = graphql(`
  query Engine {
    engine {
      ...EngineState
    }
  }
`)

/** The engine as it is, then every change. */
export const EngineChanged = graphql(`
  subscription EngineChanged {
    engineChanged {
      ...EngineState
    }
  }
`)
