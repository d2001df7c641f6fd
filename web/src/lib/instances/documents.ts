import { graphql } from '#lib/graphql/generated/gql.ts'

/**
 * Everything that lists, details and frames show of an instance. `logs` must stay out of it: lists and subscriptions answer
 * it empty, which would overwrite what a detail has read.
 */
export const InstanceRow = graphql(`
  fragment InstanceRow on Instance {
    id
    groupName
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

/** Every change. `user` links a user to the newest instance, so that the groups page follows too. */
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

/** One instance, for its drawer. */
export const InstanceQuery = graphql(`
  query Instance($id: ID!) {
    instance(id: $id) {
      ...InstanceRow
    }
  }
`)

/** The users that the participant is, with the sandbox of each, if there ever was one. Frames bring a first one. */
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

/** The last lines that a sandbox printed. */
export const InstanceLogsQuery = graphql(`
  query InstanceLogs($id: ID!, $lines: Int!) {
    instance(id: $id) {
      id
      logs(lines: $lines)
    }
  }
`)

/** Instances of one person. The page is large because the search matches parts of names too. */
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

/** Names to suggest in the dialog that creates an instance. */
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
