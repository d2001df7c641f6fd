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
