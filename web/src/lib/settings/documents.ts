import { graphql } from '#lib/graphql/generated/gql.ts'

/** One setting of the key/value store. */
export const SettingRow = graphql(`
  fragment SettingRow on Setting {
    key
    value
    updatedAt
    updatedBy
  }
`)

/** Whether participants may start their own sandboxes; they may unless it is `false`. */
export const ParticipantsMayStartQuery = graphql(`
  query ParticipantsMayStart {
    setting(key: "participants_may_start") {
      ...SettingRow
    }
  }
`)

/** How this server is reached from elsewhere, and the groups to take an example from. */
export const AddressesQuery = graphql(`
  query Addresses {
    settings {
      domain
      externalIp
      byPath
    }
    groups {
      id
      userCount
    }
  }
`)

/** Addresses that people of a group have, for an example. */
export const ExampleAddressQuery = graphql(`
  query ExampleAddress($groupId: ID!) {
    group(id: $groupId) {
      id
      name
      users {
        id
        username
        address
      }
    }
  }
`)

export const SetSetting = graphql(`
  mutation SetSetting($key: String!, $value: String!) {
    setSetting(key: $key, value: $value) {
      ...SettingRow
    }
  }
`)

/** Every change of a setting. */
export const SettingChanged = graphql(`
  subscription SettingChanged {
    settingChanged {
      kind
      key
      setting {
        ...SettingRow
      }
    }
  }
`)

/** A slot for a configuration file, without what is stored in it. */
export const ConfigFileRow = graphql(`
  fragment ConfigFileRow on ConfigFile {
    key
    label
    hasContent
    size
    updatedAt
    updatedBy
  }
`)

export const ConfigFilesQuery = graphql(`
  query ConfigFiles {
    configFiles {
      ...ConfigFileRow
    }
  }
`)

/** One file. It may hold keys: asked for by who edits it, never by a load. */
export const ConfigFileQuery = graphql(`
  query ConfigFileText($key: String!) {
    configFile(key: $key) {
      key
      content
      updatedAt
      updatedBy
    }
  }
`)

export const CheckConfigFile = graphql(`
  query CheckConfigFile($key: String!, $content: String!) {
    checkConfigFile(key: $key, content: $content)
  }
`)

export const SetConfigFile = graphql(`
  mutation SetConfigFile($key: String!, $content: String!, $expectedUpdatedAt: String) {
    setConfigFile(key: $key, content: $content, expectedUpdatedAt: $expectedUpdatedAt) {
      ...ConfigFileRow
    }
  }
`)

export const DeleteConfigFile = graphql(`
  mutation DeleteConfigFile($key: String!) {
    deleteConfigFile(key: $key)
  }
`)

/** Every change of a configuration file, without its content. */
export const ConfigFileChanged = graphql(`
  subscription ConfigFileChanged {
    configFileChanged {
      kind
      key
      configFile {
        ...ConfigFileRow
      }
    }
  }
`)

/** Whom new files can be given to. */
export const RunningSandboxesQuery = graphql(`
  query RunningSandboxes($group: String, $page: Int!) {
    instances(filter: { states: [RUNNING], group: $group }, page: { number: $page, size: 1000 }) {
      items {
        id
        group: groupName
        username
      }
      total
    }
  }
`)

export const UpdateInstanceFiles = graphql(`
  mutation UpdateInstanceFiles($ids: [ID!]!) {
    updateInstanceFiles(input: { ids: $ids }) {
      id
      instance {
        id
        notice
      }
      error {
        message
      }
    }
  }
`)
