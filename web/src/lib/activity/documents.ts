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
  }
`)

/** One page of the log, newest first. */
export const ActivityQuery = graphql(`
  query Activity($before: ID, $first: Int, $kind: String, $target: ID) {
    activity(before: $before, first: $first, kind: $kind, target: $target) {
      ...ActivityRow
    }
  }
`)

/** Every act, as it is written. */
export const ActivityAdded = graphql(`
  subscription ActivityAdded {
    activityAdded {
      kind
      activity {
        ...ActivityRow
      }
    }
  }
`)
