import { graphql } from '#lib/graphql/generated/gql.ts'

/** Why values are out of date. */
export const UpstreamErrorView = graphql(`
  fragment UpstreamErrorView on UpstreamError {
    kind
    message
    since
  }
`)

/** Everything on the page, for the first paint. */
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
