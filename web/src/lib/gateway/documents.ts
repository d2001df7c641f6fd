import { graphql } from '#lib/graphql/generated/gql.ts'

/** The gateway's status as its page shows it. */
export const GatewayStatusView = graphql(`
  fragment GatewayStatusView on GatewayStatus {
    state
    asOf
    trouble {
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
      left
      current
      routeDue
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
    standing
    group
    user
    userCount
    tokensInWindow
    tokensTotal
  }
`)

/** A set-up or clean-up with its steps. */
export const GatewayRunView = graphql(`
  fragment GatewayRunView on GatewayRun {
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

/** The settings; none of the secrets, only whether they are set. */
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

export const GatewayRunQuery = graphql(`
  query GatewayRun {
    gatewayRun {
      ...GatewayRunView
    }
  }
`)

/** Only that it changed: a thousand steps are not sent with every one of them. */
export const GatewayRunChanged = graphql(`
  subscription GatewayRunChanged {
    gatewayRunChanged {
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
        standing
        count
      }
    }
  }
`)

/** Names alone, of all that stand so. */
export const ConsumerNamesQuery = graphql(`
  query ConsumerNames($standing: ConsumerStanding!, $page: PageInput) {
    consumers(filter: { standing: $standing }, page: $page) {
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
      username
      consumer {
        ...ConsumerRow
      }
    }
  }
`)

export const SetGatewaySettings = graphql(`
  mutation SetGatewaySettings($input: GatewaySettingsInput!) {
    setGatewaySettings(input: $input) {
      ...GatewaySettingsView
    }
  }
`)

export const SetUpGateway = graphql(`
  mutation SetUpGateway {
    setUpGateway {
      id
    }
  }
`)

export const CleanUpGateway = graphql(`
  mutation CleanUpGateway($confirm: String!) {
    cleanUpGateway(confirm: $confirm) {
      id
    }
  }
`)

export const PutGatewayRoute = graphql(`
  mutation PutGatewayRoute {
    putGatewayRoute {
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
  mutation CreateConsumer($input: ConsumerInput!) {
    createConsumer(input: $input) {
      username
      key
      baseUrl
    }
  }
`)

export const DeleteConsumers = graphql(`
  mutation DeleteConsumers($usernames: [String!]!) {
    deleteConsumers(usernames: $usernames) {
      username
      ok
      error
    }
  }
`)

export const RotateConsumerKey = graphql(`
  mutation RotateConsumerKey($username: String!) {
    rotateConsumerKey(username: $username) {
      username
      key
      baseUrl
    }
  }
`)

export const RevealConsumerKey = graphql(`
  mutation RevealConsumerKey($username: String!) {
    revealConsumerKey(username: $username) {
      username
      key
      baseUrl
    }
  }
`)

/** Running sandboxes get the configuration files anew, with the keys of their people. */
export const GiveKeys = graphql(`
  mutation GiveKeys($ids: [ID!]!) {
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

/** One's own key, or that of one's group. */
export const RevealUserKey = graphql(`
  mutation RevealUserKey($userId: ID!) {
    revealUserKey(userId: $userId) {
      key
      baseUrl
    }
  }
`)
