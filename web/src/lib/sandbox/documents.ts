import { graphql } from '#lib/graphql/generated/gql.ts'

/** The sandbox engine as banners and the queue chip show it. */
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
