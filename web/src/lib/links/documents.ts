import { graphql } from '#lib/graphql/generated/gql.ts'

/** What is kept of a link, which is not its secret. */
export const LinkRow = graphql(`
  fragment LinkRow on AccessLink {
    id
    createdAt
    createdBy
    expiresAt
    lastUsedAt
    uses
    maxUses
    allowExistingUsers
    allowNewUsers
  }
`)

/** A user of a group, and the way in that is theirs. */
export const LinkedUser = graphql(`
  fragment LinkedUser on User {
    id
    username
    address
    claimedAt
    hasLink
    link {
      ...LinkRow
    }
  }
`)

/** Every way into a group, and where links have to lead. */
export const GroupLinksQuery = graphql(`
  query GroupLinks($id: ID!) {
    group(id: $id) {
      id
      name
      title
      joinLinks {
        ...LinkRow
      }
      users {
        ...LinkedUser
      }
    }
    settings {
      publicUrl
    }
  }
`)

/** The only answer that ever has the secrets. */
export const MakePersonalLinks = graphql(`
  mutation MakePersonalLinks($userIds: [ID!]!, $replace: Boolean!) {
    makePersonalLinks(userIds: $userIds, replace: $replace) {
      secret
      user {
        ...LinkedUser
      }
    }
  }
`)

export const RevokePersonalLink = graphql(`
  mutation RevokePersonalLink($userId: ID!) {
    revokePersonalLink(userId: $userId) {
      ...LinkedUser
    }
  }
`)

/** The only answer that ever has the secret. */
export const CreateJoinLink = graphql(`
  mutation CreateJoinLink(
    $groupId: ID!
    $expiresInHours: Int!
    $maxUses: Int
    $allowExistingUsers: Boolean!
    $allowNewUsers: Boolean!
  ) {
    createJoinLink(
      groupId: $groupId
      expiresInHours: $expiresInHours
      maxUses: $maxUses
      allowExistingUsers: $allowExistingUsers
      allowNewUsers: $allowNewUsers
    ) {
      secret
      link {
        ...LinkRow
      }
    }
  }
`)

/** The only answer that ever has the new secret. */
export const RotateJoinLink = graphql(`
  mutation RotateJoinLink($id: ID!) {
    rotateJoinLink(id: $id) {
      secret
      link {
        ...LinkRow
      }
    }
  }
`)

export const RevokeJoinLink = graphql(`
  mutation RevokeJoinLink($id: ID!) {
    revokeJoinLink(id: $id) {
      id
    }
  }
`)

/** Who is at this browser now, whom a link may make somebody else. */
export const PresentViewerQuery = graphql(`
  query PresentViewer {
    viewer {
      name
      role
      isSignedIn
      users {
        id
        username
        group {
          id
          name
        }
      }
    }
  }
`)
