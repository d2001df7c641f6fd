import { graphql } from '#lib/graphql/generated/gql.ts'

/** What is stored of a link; never its secret. */
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

/** A user of a group, with the personal link. */
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

/** All links of a group, and the address for new ones. */
export const GroupLinksQuery = graphql(`
  query GroupLinks($id: ID!) {
    group(id: $id) {
      id
      name
      title
      joinLinks(page: { size: 1000 }) {
        items {
          ...LinkRow
        }
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

/** Only this answer has the secrets. */
export const CreatePersonalLinks = graphql(`
  mutation CreatePersonalLinks($input: CreatePersonalLinksInput!) {
    createPersonalLinks(input: $input) {
      secret
      user {
        ...LinkedUser
      }
    }
  }
`)

export const RevokePersonalLink = graphql(`
  mutation RevokePersonalLink($input: RevokePersonalLinkInput!) {
    revokePersonalLink(input: $input) {
      ...LinkedUser
    }
  }
`)

/** Only this answer has the secret. */
export const CreateJoinLink = graphql(`
  mutation CreateJoinLink($input: CreateJoinLinkInput!) {
    createJoinLink(input: $input) {
      secret
      link {
        ...LinkRow
      }
    }
  }
`)

/** Only this answer has the new secret. */
export const RotateJoinLink = graphql(`
  mutation RotateJoinLink($input: RotateJoinLinkInput!) {
    rotateJoinLink(input: $input) {
      secret
      link {
        ...LinkRow
      }
    }
  }
`)

export const RevokeJoinLink = graphql(`
  mutation RevokeJoinLink($input: RevokeJoinLinkInput!) {
    revokeJoinLink(input: $input) {
      id
    }
  }
`)

/** Who this browser is signed in as, before a link may change that. */
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
