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

/** How people can sign in here. */
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

/** Ends the sessions of this person on all devices. */
export const SignOutEverywhere = graphql(`
  mutation SignOutEverywhere {
    signOut(input: { everywhere: true })
  }
`)

/** Generates the local password of a server without a login. */
export const CreateLocalPassword = graphql(`
  mutation CreateLocalPassword {
    createLocalPassword
  }
`)

/** A person who signed in, as Access lists them. */
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

/** A page of the people with access, and everyone who waits for approval. */
export const IdentitiesQuery = graphql(`
  query Identities($page: PageInput) {
    waiting: identities(filter: { roles: [WAITING] }, page: { size: 1000 }) {
      total
      items {
        ...IdentityRow
      }
    }
    people: identities(filter: { roles: [ORGANIZER, PARTICIPANT] }, page: $page) {
      total
      number
      size
      items {
        ...IdentityRow
      }
    }
  }
`)

/** Every sign-in, approval and suspension. */
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

/** Approves, promotes, demotes or suspends a person. */
export const UpdateIdentity = graphql(`
  mutation UpdateIdentity($input: UpdateIdentityInput!) {
    updateIdentity(input: $input) {
      ...IdentityRow
    }
  }
`)

/** What is stored about a token. The token itself is not. */
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
    apiTokens(page: { size: 1000 }) {
      items {
        ...ApiTokenRow
      }
    }
  }
`)

/** The only answer that ever holds the token itself. */
export const CreateApiToken = graphql(`
  mutation CreateApiToken($input: CreateApiTokenInput!) {
    createApiToken(input: $input) {
      token
      apiToken {
        ...ApiTokenRow
      }
    }
  }
`)

/** Makes a token useless. */
export const RevokeApiToken = graphql(`
  mutation RevokeApiToken($input: RevokeApiTokenInput!) {
    revokeApiToken(input: $input) {
      id
    }
  }
`)
