import { graphql } from '#lib/graphql/generated/gql.ts'

/** A group in lists and frames. Only the list loads its users: a group may have a thousand, and many frames. */
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

/** A user in lists. Of the instance it has only fields of InstanceRow, so that frames can bring a new one. */
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

/** A page of groups, with their users. */
export const GroupsQuery = graphql(`
  query Groups($filter: GroupFilter, $page: PageInput!) {
    groups(filter: $filter, page: $page) {
      total
      items {
        ...GroupRow
        users {
          ...UserRow
        }
      }
    }
  }
`)

/** The events that groups may belong to. */
export const EventsQuery = graphql(`
  query Events {
    events(page: { size: 1000 }) {
      items {
        id
        eventId
        title
      }
    }
  }
`)

/** Every change of a group or of its users. */
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

/** All events and groups as a groups file. */
export const ExportGroups = graphql(`
  query ExportGroups {
    exportGroups
  }
`)
