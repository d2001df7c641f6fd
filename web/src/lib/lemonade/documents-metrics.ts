import { graphql } from '#lib/graphql/generated/gql.ts'

/** How fast Lemonade answers, and how busy its machine is. */
export const LemonadeStatsView = graphql(`
  fragment LemonadeStatsView on LemonadeStats {
    asOf
    error {
      ...UpstreamErrorView
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

/** One point of the charts. */
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

/** The last ten minutes, for the charts. */
export const LemonadeSamplesQuery = graphql(`
  query LemonadeSamples {
    lemonadeStats {
      samples {
        ...LemonadeSampleView
      }
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

export const LemonadeSlotsView = graphql(`
  fragment LemonadeSlotsView on LemonadeSlots {
    asOf
    error {
      ...UpstreamErrorView
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

export const LemonadeSlotsChanged = graphql(`
  subscription LemonadeSlotsChanged {
    lemonadeSlotsChanged {
      ...LemonadeSlotsView
    }
  }
`)

/** The machine Lemonade runs on. */
export const LemonadeSystemView = graphql(`
  fragment LemonadeSystemView on LemonadeSystem {
    asOf
    error {
      ...UpstreamErrorView
    }
    os
    memoryGib
    devices {
      kind
      name
      available
      detail
    }
    storage {
      totalBytes
      freeBytes
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
