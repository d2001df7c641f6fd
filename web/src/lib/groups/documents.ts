import { graphql } from '#lib/graphql/generated/gql.ts'

/** What lists and frames show of a group. */
export const GroupRow = graphql(`
  fragment GroupRow on Group {
    id
    name
    title
    userCount
    createdAt
    updatedAt
    event {
      id
      eventId
      title
    }
  }
`)

/** The list of groups. */
export const GroupsQuery = graphql(`
  query Groups($search: String) {
    groups(search: $search) {
      ...GroupRow
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
