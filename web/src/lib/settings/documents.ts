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

/** How other machines reach this server, and the groups to take an example from. */
export const AddressesQuery = graphql(`
  query Addresses {
    settings {
      domain
      externalIp
      byPath
    }
    groups {
      items {
        id
        userCount
      }
    }
  }
`)

/** Addresses of a group's sandboxes, for an example. */
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

/** Sets a setting; an empty value clears it. */
export const UpdateSetting = graphql(`
  mutation UpdateSetting($input: UpdateSettingInput!) {
    updateSetting(input: $input) {
      ...SettingRow
    }
  }
`)

/** Every change of a setting. */
export const SettingChanged = graphql(`
  subscription SettingChanged {
    settingChanged {
      kind
      id
      setting {
        ...SettingRow
      }
    }
  }
`)

/** A kind of configuration file, without the stored content. */
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

/** Every kind of configuration file. */
export const ConfigFilesQuery = graphql(`
  query ConfigFiles {
    configFiles {
      ...ConfigFileRow
    }
  }
`)

/** One file. It may hold keys, so only its editor asks for it, never a load. */
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

/** What is wrong with a text, by line. */
export const CheckConfigFile = graphql(`
  query CheckConfigFile($key: String!, $content: String!) {
    checkConfigFile(key: $key, content: $content) {
      line
      column
      message
    }
  }
`)

/** Stores a file, unless it has changed since `expectedUpdatedAt`. */
export const UpdateConfigFile = graphql(`
  mutation UpdateConfigFile($input: UpdateConfigFileInput!) {
    updateConfigFile(input: $input) {
      ...ConfigFileRow
    }
  }
`)

/** Deletes a stored file. */
export const DeleteConfigFile = graphql(`
  mutation DeleteConfigFile($input: DeleteConfigFileInput!) {
    deleteConfigFile(input: $input)
  }
`)

/** Every change of a configuration file, without its content. */
export const ConfigFileChanged = graphql(`
  subscription ConfigFileChanged {
    configFileChanged {
      kind
      id
      configFile {
        ...ConfigFileRow
      }
    }
  }
`)

/** The sandboxes that can get new files. */
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
