import { graphql } from '#lib/graphql/generated/gql.ts'

/**
 * Everything lists, details and frames show of an instance. `password` and `logs` must stay out of it: lists and
 * subscriptions answer them empty, and so would overwrite what a detail has read.
 */
export const InstanceRow = graphql(`
  fragment InstanceRow on Instance {
    id
    group
    username
    state
    stateAt
    reason
    commands
    queuePlace
    progress
    url
    port
    hostPort
    secure
    image
    volume
    engine
    ref
    createdAt
    startedAt
    endedAt
    expiresAt
  }
`)

/** One page of the list. */
export const InstancesQuery = graphql(`
  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {
    instances(filter: $filter, sort: $sort, page: $page) {
      total
      number
      size
      counts {
        state
        count
      }
      items {
        ...InstanceRow
      }
    }
  }
`)

/** Every change; `user` carries the link from a user to the newest instance, so that groups follow too. */
export const InstanceChanged = graphql(`
  subscription InstanceChanged {
    instanceChanged {
      kind
      id
      instance {
        ...InstanceRow
        user {
          id
          instance {
            id
          }
        }
      }
    }
  }
`)
