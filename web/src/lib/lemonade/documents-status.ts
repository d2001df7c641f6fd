import { graphql } from '#lib/graphql/generated/gql.ts'

/** Whether the server is online, and what it has in memory. */
export const LemonadeStatusView = graphql(`
  fragment LemonadeStatusView on LemonadeStatus {
    endpoint
    openaiUrl
    hasApiKey
    hasAdminKey
    online
    asOf
    error {
      ...UpstreamErrorView
    }
    version
    model
    contextSize
    users
    loaded {
      name
      recipe
      type
      state
      busy
      alive
      pinned
      contextSize
      slots
    }
    loads {
      model
      state
      since
      by
      message
    }
  }
`)

export const LemonadeStatusChanged = graphql(`
  subscription LemonadeStatusChanged {
    lemonadeStatusChanged {
      ...LemonadeStatusView
    }
  }
`)

export const LoadModel = graphql(`
  mutation LoadModel($input: LoadModelInput!) {
    loadModel(input: $input) {
      model
    }
  }
`)

export const DeleteModelLoad = graphql(`
  mutation DeleteModelLoad($input: DeleteModelLoadInput!) {
    deleteModelLoad(input: $input)
  }
`)

export const UnloadModel = graphql(`
  mutation UnloadModel($input: UnloadModelInput!) {
    unloadModel(input: $input)
  }
`)
