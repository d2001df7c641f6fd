import { graphql } from '#lib/graphql/generated/gql.ts'

/** The gateway's status as its page shows it. */
export const GatewayStatusView = graphql(`
  fragment GatewayStatusView on GatewayStatus {
    state
    asOf
    error {
      kind
      message
      since
    }
    version
    adminUrl
    proxyUrl
    peopleUrl
    mode
    consumerCount
    route {
      configured
      current
      uri
      upstream
      model
    }
    redis {
      configured
      reachable
      message
    }
    usage {
      available
      message
    }
    limitations
    outdatedInstances
    plan {
      missing
      outdated
      orphaned
      current
      routePending
    }
  }
`)

/** A consumer as the table shows it. */
export const ConsumerRow = graphql(`
  fragment ConsumerRow on Consumer {
    username
    maskedKey
    tokenLimit
    timeWindow
    type
    status
    groupName
    memberName
    userCount
    tokensInWindow
    tokensTotal
  }
`)

/** The last job with its steps. */
export const GatewayJobView = graphql(`
  fragment GatewayJobView on GatewayJob {
    id
    kind
    by
    startedAt
    endedAt
    total
    done
    failed
    message
    steps {
      username
      label
      action
      state
      message
    }
  }
`)

/** The settings, without secrets. */
export const GatewaySettingsView = graphql(`
  fragment GatewaySettingsView on GatewaySettings {
    enabled
    mode
    tokenLimit
    timeWindow
    redisHost
    redisPort
    hasRedisPassword
    lemonadeUrl
    hasLemonadeApiKey
    lemonadeModel
    adminUrl
    adminKeyFrom
    adminKeyFile
    proxyPort
    updatedAt
    updatedBy
  }
`)

export const GatewayQuery = graphql(`
  query Gateway {
    gatewayStatus {
      ...GatewayStatusView
    }
    gatewaySettings {
      ...GatewaySettingsView
    }
  }
`)

export const GatewayStatusChanged = graphql(`
  subscription GatewayStatusChanged {
    gatewayStatusChanged {
      ...GatewayStatusView
    }
  }
`)

export const GatewayJobQuery = graphql(`
  query GatewayJob {
    gatewayJob {
      ...GatewayJobView
    }
  }
`)

/** Says only that the job changed: its steps, of which there may be a thousand, are queried. */
export const GatewayJobChanged = graphql(`
  subscription GatewayJobChanged {
    gatewayJobChanged {
      id
      done
      failed
      endedAt
    }
  }
`)

export const ConsumersQuery = graphql(`
  query Consumers($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {
    consumers(filter: $filter, sort: $sort, page: $page) {
      items {
        ...ConsumerRow
      }
      total
      number
      size
      counts {
        status
        count
      }
    }
  }
`)

/** The names of all consumers of one status. */
export const ConsumerNamesQuery = graphql(`
  query ConsumerNames($status: ConsumerStatus!, $page: PageInput) {
    consumers(filter: { status: $status }, page: $page) {
      items {
        username
      }
      total
    }
  }
`)

export const ConsumerChanged = graphql(`
  subscription ConsumerChanged {
    consumerChanged {
      kind
      id
      consumer {
        ...ConsumerRow
      }
    }
  }
`)

export const UpdateGatewaySettings = graphql(`
  mutation UpdateGatewaySettings($input: UpdateGatewaySettingsInput!) {
    updateGatewaySettings(input: $input) {
      ...GatewaySettingsView
    }
  }
`)

export const ApplyGatewayConfig = graphql(`
  mutation ApplyGatewayConfig {
    applyGatewayConfig {
      id
    }
  }
`)

export const DeleteGatewayConfig = graphql(`
  mutation DeleteGatewayConfig($input: DeleteGatewayConfigInput!) {
    deleteGatewayConfig(input: $input) {
      id
    }
  }
`)

export const UpdateGatewayRoute = graphql(`
  mutation UpdateGatewayRoute {
    updateGatewayRoute {
      configured
    }
  }
`)

export const DeleteGatewayRoute = graphql(`
  mutation DeleteGatewayRoute {
    deleteGatewayRoute
  }
`)

export const CreateConsumer = graphql(`
  mutation CreateConsumer($input: CreateConsumerInput!) {
    createConsumer(input: $input) {
      username
      key
      baseUrl
    }
  }
`)

export const DeleteConsumers = graphql(`
  mutation DeleteConsumers($input: DeleteConsumersInput!) {
    deleteConsumers(input: $input) {
      username
      error {
        message
      }
    }
  }
`)

export const RotateConsumerKey = graphql(`
  mutation RotateConsumerKey($input: RotateConsumerKeyInput!) {
    rotateConsumerKey(input: $input) {
      username
      key
      baseUrl
    }
  }
`)

export const RevealConsumerKey = graphql(`
  mutation RevealConsumerKey($input: RevealConsumerKeyInput!) {
    revealConsumerKey(input: $input) {
      username
      key
      baseUrl
    }
  }
`)

/** Sends running sandboxes their Kilo Code Config again, with the current keys. */
export const SendKeys = graphql(`
  mutation SendKeys($ids: [ID!]!) {
    updateInstanceFiles(input: { ids: $ids, keysOnly: true }) {
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

/** The key of a user, or of their group. */
export const RevealUserKey = graphql(`
  mutation RevealUserKey($input: RevealUserKeyInput!) {
    revealUserKey(input: $input) {
      key
      baseUrl
    }
  }
`)
