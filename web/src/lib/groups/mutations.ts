import { graphql } from '#lib/graphql/generated/gql.ts'

export const CreateGroup = graphql(`
  mutation CreateGroup($input: CreateGroupInput!) {
    createGroup(input: $input) {
      ...GroupRow
    }
  }
`)

export const UpdateGroup = graphql(`
  mutation UpdateGroup($input: UpdateGroupInput!) {
    updateGroup(input: $input) {
      ...GroupRow
    }
  }
`)

export const DeleteGroup = graphql(`
  mutation DeleteGroup($input: DeleteGroupInput!) {
    deleteGroup(input: $input) {
      id
    }
  }
`)

export const CreateUser = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      ...UserRow
    }
  }
`)

export const UpdateUser = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      ...UserRow
    }
  }
`)

export const TransferUser = graphql(`
  mutation TransferUser($input: TransferUserInput!) {
    transferUser(input: $input) {
      ...UserRow
    }
  }
`)

export const DeleteUser = graphql(`
  mutation DeleteUser($input: DeleteUserInput!) {
    deleteUser(input: $input) {
      id
    }
  }
`)

export const StartUser = graphql(`
  mutation StartUser($input: StartUserInput!) {
    startUser(input: $input) {
      error {
        code
        message
      }
      user {
        ...UserRow
      }
    }
  }
`)

export const StartGroup = graphql(`
  mutation StartGroup($input: StartGroupInput!) {
    startGroup(input: $input) {
      error {
        code
        message
      }
      user {
        ...UserRow
      }
    }
  }
`)

export const ImportGroups = graphql(`
  mutation ImportGroups($input: ImportGroupsInput!) {
    importGroups(input: $input) {
      applied
      changes {
        kind
        name
        action
        detail
      }
    }
  }
`)
