import { graphql } from '#lib/graphql/generated/gql.ts'

/** One line of the activity log. */
export const ActivityRow = graphql(`
  fragment ActivityRow on Activity {
    id
    at
    actor
    action
    kind
    target
    label
    outcome
    detail
    count
  }
`)

/** One page of the log, newest first. */
export const ActivityQuery = graphql(`
  query Activity($filter: ActivityFilter, $page: PageInput) {
    activity(filter: $filter, page: $page) {
      items {
        ...ActivityRow
      }
    }
  }
`)

/** Every entry, as it is written. */
export const ActivityChanged = graphql(`
  subscription ActivityChanged {
    activityChanged {
      kind
      id
      activity {
        ...ActivityRow
      }
    }
  }
`)
