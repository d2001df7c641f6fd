import { graphql } from '#lib/graphql/generated/gql.ts'

/** What lists and frames show of a group; its users come with the list alone, since a frame may be one of a thousand. */
export const GroupRow = graphql(`
  fragment GroupRow on Group {
    id
    name
    title
    userCount
    peerAccess
    createdAt
    updatedAt
    event {
      id
      eventId
      title
    }
  }
`)

/** What lists show of a user. Of the instance only what InstanceRow has too, so that frames can bring a new one. */
export const UserRow = graphql(`
  fragment UserRow on User {
    id
    username
    email
    volume
    workspacePath
    createdAt
    instance {
      id
      state
      stateAt
      reason
      commands
      queuePlace
      progress
      url
    }
  }
`)

/** The list of groups, with everybody in them. */
export const GroupsQuery = graphql(`
  query Groups($search: String) {
    groups(search: $search) {
      ...GroupRow
      users {
        ...UserRow
      }
    }
  }
`)

/** The events groups may belong to. */
export const EventsQuery = graphql(`
  query Events {
    events {
      id
      eventId
      title
    }
  }
`)

/** Every change of a group and of its users. */
export const GroupChanged = graphql(`
  subscription GroupChanged {
    groupChanged {
      kind
      id
      group {
        ...GroupRow
      }
    }
  }
`)

/** Everything as a groups file. */
export const ExportGroups = graphql(`
  query ExportGroups {
    exportGroups
  }
`)
