import { graphql } from '#lib/graphql/generated/gql.ts'

/** Returns the new, Pending instance; its ADDED frame puts it into lists. */
export const CreateInstance = graphql(`
  mutation CreateInstance($input: CreateInstanceInput!) {
    createInstance(input: $input) {
      ...InstanceRow
    }
  }
`)

/** Has one's own sandbox run, whatever that takes. `user` shows a first one at once. */
export const StartOwnSandbox = graphql(`
  mutation StartOwnSandbox($userId: ID!) {
    startOwnSandbox(userId: $userId) {
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
    pauseInstance(id: $id) {
      ...InstanceRow
    }
  }
`)

export const ResumeInstance = graphql(`
  mutation ResumeInstance($id: ID!) {
    resumeInstance(id: $id) {
      ...InstanceRow
    }
  }
`)

export const RestartInstance = graphql(`
  mutation RestartInstance($id: ID!) {
    restartInstance(id: $id) {
      ...InstanceRow
    }
  }
`)

export const KillInstance = graphql(`
  mutation KillInstance($id: ID!) {
    killInstance(id: $id) {
      ...InstanceRow
    }
  }
`)

/** Returns the instance that takes its place. */
export const RecreateInstance = graphql(`
  mutation RecreateInstance($id: ID!) {
    recreateInstance(id: $id) {
      ...InstanceRow
    }
  }
`)

export const RenewInstance = graphql(`
  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {
    renewInstance(id: $id, timeoutMinutes: $timeoutMinutes) {
      ...InstanceRow
    }
  }
`)

export const PauseInstances = graphql(`
  mutation PauseInstances($ids: [ID!]!) {
    results: pauseInstances(ids: $ids) {
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
    results: resumeInstances(ids: $ids) {
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
    results: killInstances(ids: $ids) {
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

/** Deletes the files for good. */
export const DeleteWorkspace = graphql(`
  mutation DeleteWorkspace($volume: String!, $confirm: String!) {
    deleteWorkspace(input: { volume: $volume, confirm: $confirm })
  }
`)
