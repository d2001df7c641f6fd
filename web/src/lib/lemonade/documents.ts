import { graphql } from '#lib/graphql/generated/gql.ts'

/** Lemonade's status as its page shows it. */
export const LemonadeStatusView = graphql(`
  fragment LemonadeStatusView on LemonadeStatus {
    endpoint
    openaiUrl
    hasApiKey
    hasAdminKey
    online
    asOf
    trouble {
      kind
      message
      since
    }
    version
    model
    contextSize
    users
    webSocketPort
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

/** How fast it answers, and how busy its machine is. */
export const LemonadeStatsView = graphql(`
  fragment LemonadeStatsView on LemonadeStats {
    asOf
    trouble {
      kind
      message
      since
    }
    timeToFirstToken
    tokensPerSecond
    inputTokens
    outputTokens
    cacheTokens
    requestsTotal
    inputTokensTotal
    outputTokensTotal
    cpuPercent
    memoryGib
    gpuPercent
    vramGib
    npuPercent
  }
`)

/** One moment of its charts. */
export const LemonadeSampleView = graphql(`
  fragment LemonadeSampleView on LemonadeSample {
    at
    timeToFirstToken
    tokensPerSecond
    inputTokens
    outputTokens
    cpuPercent
  }
`)

/** The last minutes, for its charts. */
export const LemonadeSamplesQuery = graphql(`
  query LemonadeSamples {
    lemonadeStats {
      samples {
        ...LemonadeSampleView
      }
    }
  }
`)

/** Its slots. */
export const LemonadeSlotsView = graphql(`
  fragment LemonadeSlotsView on LemonadeSlots {
    asOf
    trouble {
      kind
      message
      since
    }
    slots {
      id
      processing
      contextSize
      tokens
      inputTokens
      cachedTokens
      outputTokens
    }
  }
`)

/** Its machine. */
export const LemonadeSystemView = graphql(`
  fragment LemonadeSystemView on LemonadeSystem {
    asOf
    trouble {
      kind
      message
      since
    }
    os
    processor
    memory
    devices {
      kind
      name
      available
      detail
    }
    storage {
      usedBytes
      totalBytes
      freeBytes
    }
  }
`)

/** Its models. */
export const LemonadeModelsView = graphql(`
  fragment LemonadeModelsView on LemonadeModels {
    asOf
    trouble {
      kind
      message
      since
    }
    models {
      name
      checkpoint
      recipe
      labels
      downloaded
      custom
      sizeGb
      maxContext
    }
  }
`)

/** Its downloads. */
export const LemonadePullsView = graphql(`
  fragment LemonadePullsView on LemonadePulls {
    asOf
    trouble {
      kind
      message
      since
    }
    pulls {
      id
      model
      state
      percent
      file
      fileIndex
      totalFiles
      bytesDone
      bytesTotal
      bytesPerSecond
      quietSince
      error
    }
  }
`)

/** All of it, for the first paint. */
export const LemonadeQuery = graphql(`
  query Lemonade {
    lemonadeStatus {
      ...LemonadeStatusView
    }
    lemonadeStats {
      ...LemonadeStatsView
    }
    lemonadeSlots {
      ...LemonadeSlotsView
    }
    lemonadeSystem {
      ...LemonadeSystemView
    }
    lemonadeModels {
      ...LemonadeModelsView
    }
    lemonadePulls {
      ...LemonadePullsView
    }
  }
`)

/** Each as it is, then every change. */
export const LemonadeStatusChanged = graphql(`
  subscription LemonadeStatusChanged {
    lemonadeStatusChanged {
      ...LemonadeStatusView
    }
  }
`)

export const LemonadeStatsChanged = graphql(`
  subscription LemonadeStatsChanged {
    lemonadeStatsChanged {
      ...LemonadeStatsView
      samples {
        ...LemonadeSampleView
      }
    }
  }
`)

export const LemonadeSlotsChanged = graphql(`
  subscription LemonadeSlotsChanged {
    lemonadeSlotsChanged {
      ...LemonadeSlotsView
    }
  }
`)

export const LemonadeSystemChanged = graphql(`
  subscription LemonadeSystemChanged {
    lemonadeSystemChanged {
      ...LemonadeSystemView
    }
  }
`)

export const LemonadeModelsChanged = graphql(`
  subscription LemonadeModelsChanged {
    lemonadeModelsChanged {
      ...LemonadeModelsView
    }
  }
`)

export const LemonadePullsChanged = graphql(`
  subscription LemonadePullsChanged {
    lemonadePullsChanged {
      ...LemonadePullsView
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

export const DismissLoad = graphql(`
  mutation DismissLoad($model: String!) {
    dismissLoad(model: $model)
  }
`)

export const UnloadModel = graphql(`
  mutation UnloadModel($model: String) {
    unloadModel(model: $model)
  }
`)

export const DeleteModel = graphql(`
  mutation DeleteModel($model: String!) {
    deleteModel(model: $model)
  }
`)

export const PullModel = graphql(`
  mutation PullModel($input: PullModelInput!) {
    pullModel(input: $input) {
      id
    }
  }
`)

export const CancelPull = graphql(`
  mutation CancelPull($id: String!) {
    cancelPull(id: $id)
  }
`)

export const DismissPull = graphql(`
  mutation DismissPull($id: String!) {
    dismissPull(id: $id)
  }
`)

/** What a repository of the model hub has to download. */
export const LemonadeVariantsQuery = graphql(`
  query LemonadeVariants($checkpoint: String!) {
    lemonadeVariants(checkpoint: $checkpoint) {
      checkpoint
      recipe
      suggestedName
      suggestedLabels
      variants {
        name
        sizeBytes
        files
      }
      pictureFiles
    }
  }
`)
