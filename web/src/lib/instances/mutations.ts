import { graphql } from '#lib/graphql/generated/gql.ts'

/** Returns the new instance, which is PENDING. Its ADDED frame puts it into lists. */
export const CreateInstance = graphql(`
  mutation CreateInstance($input: CreateInstanceInput!) {
    createInstance(input: $input) {
      ...InstanceRow
    }
  }
`)

/** Gets a person's own sandbox running. `user` shows a first one at once. */
export const StartMySandbox = graphql(`
  mutation StartMySandbox($userId: ID!) {
    startMySandbox(input: { userId: $userId }) {
      ...InstanceRow
      user {
        id
        instance {
          id
        }
      }
    }
  }
`)

export const PauseInstance = graphql(`
  mutation PauseInstance($id: ID!) {
    pauseInstance(input: { id: $id }) {
      ...InstanceRow
    }
  }
`)

export const ResumeInstance = graphql(`
  mutation ResumeInstance($id: ID!) {
    resumeInstance(input: { id: $id }) {
      ...InstanceRow
    }
  }
`)

export const RestartInstance = graphql(`
  mutation RestartInstance($id: ID!) {
    restartInstance(input: { id: $id }) {
      ...InstanceRow
    }
  }
`)

export const KillInstance = graphql(`
  mutation KillInstance($id: ID!) {
    killInstance(input: { id: $id }) {
      ...InstanceRow
    }
  }
`)

/** Returns the new instance. */
export const RecreateInstance = graphql(`
  mutation RecreateInstance($id: ID!) {
    recreateInstance(input: { id: $id }) {
      ...InstanceRow
    }
  }
`)

export const RenewInstance = graphql(`
  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {
    renewInstance(input: { id: $id, timeoutMinutes: $timeoutMinutes }) {
      ...InstanceRow
    }
  }
`)

export const PauseInstances = graphql(`
  mutation PauseInstances($ids: [ID!]!) {
    results: pauseInstances(input: { ids: $ids }) {
      id
      error {
        code
        message
      }
      instance {
        ...InstanceRow
      }
    }
  }
`)

export const ResumeInstances = graphql(`
  mutation ResumeInstances($ids: [ID!]!) {
    results: resumeInstances(input: { ids: $ids }) {
      id
      error {
        code
        message
      }
      instance {
        ...InstanceRow
      }
    }
  }
`)

export const KillInstances = graphql(`
  mutation KillInstances($ids: [ID!]!) {
    results: killInstances(input: { ids: $ids }) {
      id
      error {
        code
        message
      }
      instance {
        ...InstanceRow
      }
    }
  }
`)

/** Logged: a reveal tells who saw the password. */
export const RevealInstancePassword = graphql(`
  mutation RevealInstancePassword($id: ID!) {
    revealInstancePassword(input: { id: $id }) {
      id
      password
    }
  }
`)

/** Deletes the files for good. */
export const DeleteWorkspace = graphql(`
  mutation DeleteWorkspace($volume: String!, $confirm: String!) {
    deleteWorkspace(input: { volume: $volume, confirm: $confirm })
  }
`)
