import { graphql } from '#lib/graphql/generated/gql.ts'

export const CreateGroup = graphql(`
  mutation CreateGroup($name: String!, $title: String, $eventId: String) {
    createGroup(name: $name, title: $title, eventId: $eventId) {
      ...GroupRow
    }
  }
`)

export const RenameGroup = graphql(`
  mutation RenameGroup($id: ID!, $name: String!) {
    renameGroup(id: $id, name: $name) {
      ...GroupRow
    }
  }
`)

export const SetGroupPeerAccess = graphql(`
  mutation SetGroupPeerAccess($id: ID!, $allowed: Boolean!) {
    setGroupPeerAccess(id: $id, allowed: $allowed) {
      ...GroupRow
    }
  }
`)

export const DeleteGroup = graphql(`
  mutation DeleteGroup($id: ID!, $deleteWorkspaces: Boolean!) {
    deleteGroup(id: $id, deleteWorkspaces: $deleteWorkspaces) {
      id
    }
  }
`)

export const AddUser = graphql(`
  mutation AddUser($groupId: ID!, $username: String!, $email: String) {
    addUser(groupId: $groupId, username: $username, email: $email) {
      ...UserRow
    }
  }
`)

export const RenameUser = graphql(`
  mutation RenameUser($id: ID!, $username: String!) {
    renameUser(id: $id, username: $username) {
      ...UserRow
    }
  }
`)

export const SetUserEmail = graphql(`
  mutation SetUserEmail($id: ID!, $email: String) {
    setUserEmail(id: $id, email: $email) {
      ...UserRow
    }
  }
`)

export const TransferUser = graphql(`
  mutation TransferUser($id: ID!, $groupId: ID!) {
    transferUser(id: $id, groupId: $groupId) {
      ...UserRow
    }
  }
`)

export const RemoveUser = graphql(`
  mutation RemoveUser($id: ID!, $deleteWorkspaces: Boolean!) {
    removeUser(id: $id, deleteWorkspaces: $deleteWorkspaces) {
      id
    }
  }
`)

export const StartUser = graphql(`
  mutation StartUser($id: ID!) {
    startUser(id: $id) {
      warning
      user {
        ...UserRow
      }
    }
  }
`)

export const StartGroup = graphql(`
  mutation StartGroup($id: ID!) {
    startGroup(id: $id) {
      warning
      user {
        ...UserRow
      }
    }
  }
`)

export const ImportGroups = graphql(`
  mutation ImportGroups($yaml: String!, $dryRun: Boolean!) {
    importGroups(yaml: $yaml, dryRun: $dryRun) {
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
