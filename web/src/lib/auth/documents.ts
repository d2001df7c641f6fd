import { graphql } from '#lib/graphql/generated/gql.ts'

/** Who looks at this page. */
export const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      name
      role
      email
      isSignedIn
    }
  }
`)

/** The ways in. */
export const SignInOptionsQuery = graphql(`
  query SignInOptions {
    signInOptions {
      password
      providers {
        name
        label
      }
    }
  }
`)

/** Somebody who signed in, as Access lists them. */
export const IdentityRow = graphql(`
  fragment IdentityRow on Identity {
    id
    provider
    displayName
    email
    role
    createdAt
    lastSeenAt
  }
`)

/** Everybody who signed in; those who wait are first. */
export const IdentitiesQuery = graphql(`
  query Identities {
    identities {
      ...IdentityRow
    }
  }
`)

/** Who signs in, and who is let in or out. */
export const IdentityChanged = graphql(`
  subscription IdentityChanged {
    identityChanged {
      kind
      id
      identity {
        ...IdentityRow
      }
    }
  }
`)

/** Lets somebody in or out. */
export const SetRole = graphql(`
  mutation SetRole($id: ID!, $role: Role!) {
    setRole(id: $id, role: $role) {
      ...IdentityRow
    }
  }
`)

/** What is kept of a token, which is not the token. */
export const ApiTokenRow = graphql(`
  fragment ApiTokenRow on ApiToken {
    id
    name
    createdBy
    createdAt
    expiresAt
    lastUsedAt
  }
`)

/** The keys for scripts, the newest first. */
export const ApiTokensQuery = graphql(`
  query ApiTokens {
    apiTokens {
      ...ApiTokenRow
    }
  }
`)

/** The only answer that ever has the token itself. */
export const CreateApiToken = graphql(`
  mutation CreateApiToken($name: String!, $expiresInDays: Int!) {
    createApiToken(name: $name, expiresInDays: $expiresInDays) {
      token
      apiToken {
        ...ApiTokenRow
      }
    }
  }
`)

export const RevokeApiToken = graphql(`
  mutation RevokeApiToken($id: ID!) {
    revokeApiToken(id: $id) {
      id
    }
  }
`)
