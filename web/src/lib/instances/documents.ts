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
    notice
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

/** One instance, for its detail. */
export const InstanceQuery = graphql(`
  query Instance($id: ID!) {
    instance(id: $id) {
      ...InstanceRow
    }
  }
`)

/** Who a participant is, with the sandbox of each: also where there never was one. A frame brings a first one by itself. */
export const OwnUsersQuery = graphql(`
  query OwnUsers {
    viewer {
      name
      email
      role
      mayStart
      hasGateway
      users {
        id
        username
        address
        group {
          id
          name
          title
        }
        instance {
          ...InstanceRow
        }
      }
    }
  }
`)

/** Asked only when somebody wants to see it. */
export const InstancePasswordQuery = graphql(`
  query InstancePassword($id: ID!) {
    instance(id: $id) {
      id
      password
    }
  }
`)

/** The last lines a sandbox printed. */
export const InstanceLogsQuery = graphql(`
  query InstanceLogs($id: ID!, $lines: Int!) {
    instance(id: $id) {
      id
      logs(lines: $lines)
    }
  }
`)

/** Instances of one person; the page is large, because the search finds parts of names too. */
export const NamesakesQuery = graphql(`
  query Namesakes($group: String!, $username: String!) {
    instances(filter: { group: $group, search: $username }, page: { size: 200 }) {
      items {
        id
        username
        volume
        state
        endedAt
      }
    }
  }
`)

/** Names to suggest where an instance is created. */
export const PeopleQuery = graphql(`
  query People {
    groups(page: { size: 1000 }) {
      items {
        id
        name
        users {
          id
          username
        }
      }
    }
  }
`)
