/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n    count\n  }\n": typeof types.ActivityRowFragmentDoc,
    "\n  query Activity($filter: ActivityFilter, $page: PageInput) {\n    activity(filter: $filter, page: $page) {\n      items {\n        ...ActivityRow\n      }\n    }\n  }\n": typeof types.ActivityDocument,
    "\n  subscription ActivityChanged {\n    activityChanged {\n      kind\n      id\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n": typeof types.ActivityChangedDocument,
    "\n  query Viewer {\n    viewer {\n      name\n      role\n      email\n      isSignedIn\n    }\n  }\n": typeof types.ViewerDocument,
    "\n  query SignInOptions {\n    signInOptions {\n      password\n      providers {\n        name\n        label\n      }\n    }\n  }\n": typeof types.SignInOptionsDocument,
    "\n  mutation SignOutEverywhere {\n    signOut(input: { everywhere: true })\n  }\n": typeof types.SignOutEverywhereDocument,
    "\n  mutation CreateLocalPassword {\n    createLocalPassword\n  }\n": typeof types.CreateLocalPasswordDocument,
    "\n  fragment IdentityRow on Identity {\n    id\n    provider\n    displayName\n    email\n    role\n    createdAt\n    lastSeenAt\n  }\n": typeof types.IdentityRowFragmentDoc,
    "\n  query Identities($page: PageInput) {\n    waiting: identities(filter: { roles: [WAITING] }, page: { size: 1000 }) {\n      total\n      items {\n        ...IdentityRow\n      }\n    }\n    people: identities(filter: { roles: [ORGANIZER, PARTICIPANT] }, page: $page) {\n      total\n      number\n      size\n      items {\n        ...IdentityRow\n      }\n    }\n  }\n": typeof types.IdentitiesDocument,
    "\n  subscription IdentityChanged {\n    identityChanged {\n      kind\n      id\n      identity {\n        ...IdentityRow\n      }\n    }\n  }\n": typeof types.IdentityChangedDocument,
    "\n  mutation UpdateIdentity($input: UpdateIdentityInput!) {\n    updateIdentity(input: $input) {\n      ...IdentityRow\n    }\n  }\n": typeof types.UpdateIdentityDocument,
    "\n  fragment ApiTokenRow on ApiToken {\n    id\n    name\n    createdBy\n    createdAt\n    expiresAt\n    lastUsedAt\n  }\n": typeof types.ApiTokenRowFragmentDoc,
    "\n  query ApiTokens {\n    apiTokens(page: { size: 1000 }) {\n      items {\n        ...ApiTokenRow\n      }\n    }\n  }\n": typeof types.ApiTokensDocument,
    "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      token\n      apiToken {\n        ...ApiTokenRow\n      }\n    }\n  }\n": typeof types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      id\n    }\n  }\n": typeof types.RevokeApiTokenDocument,
    "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n    network {\n      pool\n      lanBlocked\n      internetBlocked\n      exceptions\n      hostPorts\n      nameServers\n      enforced\n      notices\n    }\n  }\n": typeof types.EngineStateFragmentDoc,
    "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n": typeof types.EngineDocument,
    "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n": typeof types.EngineChangedDocument,
    "\n  fragment GatewayStatusView on GatewayStatus {\n    state\n    asOf\n    error {\n      kind\n      message\n      since\n    }\n    version\n    adminUrl\n    proxyUrl\n    peopleUrl\n    mode\n    consumerCount\n    route {\n      configured\n      current\n      uri\n      upstream\n      model\n    }\n    redis {\n      configured\n      reachable\n      message\n    }\n    usage {\n      available\n      message\n    }\n    limitations\n    outdatedInstances\n    plan {\n      missing\n      outdated\n      orphaned\n      current\n      routePending\n    }\n  }\n": typeof types.GatewayStatusViewFragmentDoc,
    "\n  fragment ConsumerRow on Consumer {\n    username\n    maskedKey\n    tokenLimit\n    timeWindow\n    type\n    status\n    groupName\n    memberName\n    userCount\n    tokensInWindow\n    tokensTotal\n  }\n": typeof types.ConsumerRowFragmentDoc,
    "\n  fragment GatewayJobView on GatewayJob {\n    id\n    kind\n    by\n    startedAt\n    endedAt\n    total\n    done\n    failed\n    message\n    steps {\n      username\n      label\n      action\n      state\n      message\n    }\n  }\n": typeof types.GatewayJobViewFragmentDoc,
    "\n  fragment GatewaySettingsView on GatewaySettings {\n    enabled\n    mode\n    tokenLimit\n    timeWindow\n    redisHost\n    redisPort\n    hasRedisPassword\n    lemonadeUrl\n    hasLemonadeApiKey\n    lemonadeModel\n    adminUrl\n    adminKeyFrom\n    adminKeyFile\n    proxyPort\n    updatedAt\n    updatedBy\n  }\n": typeof types.GatewaySettingsViewFragmentDoc,
    "\n  query Gateway {\n    gatewayStatus {\n      ...GatewayStatusView\n    }\n    gatewaySettings {\n      ...GatewaySettingsView\n    }\n  }\n": typeof types.GatewayDocument,
    "\n  subscription GatewayStatusChanged {\n    gatewayStatusChanged {\n      ...GatewayStatusView\n    }\n  }\n": typeof types.GatewayStatusChangedDocument,
    "\n  query GatewayJob {\n    gatewayJob {\n      ...GatewayJobView\n    }\n  }\n": typeof types.GatewayJobDocument,
    "\n  subscription GatewayJobChanged {\n    gatewayJobChanged {\n      id\n      done\n      failed\n      endedAt\n    }\n  }\n": typeof types.GatewayJobChangedDocument,
    "\n  query Consumers($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {\n    consumers(filter: $filter, sort: $sort, page: $page) {\n      items {\n        ...ConsumerRow\n      }\n      total\n      number\n      size\n      counts {\n        status\n        count\n      }\n    }\n  }\n": typeof types.ConsumersDocument,
    "\n  query ConsumerNames($status: ConsumerStatus!, $page: PageInput) {\n    consumers(filter: { status: $status }, page: $page) {\n      items {\n        username\n      }\n      total\n    }\n  }\n": typeof types.ConsumerNamesDocument,
    "\n  subscription ConsumerChanged {\n    consumerChanged {\n      kind\n      id\n      consumer {\n        ...ConsumerRow\n      }\n    }\n  }\n": typeof types.ConsumerChangedDocument,
    "\n  mutation UpdateGatewaySettings($input: UpdateGatewaySettingsInput!) {\n    updateGatewaySettings(input: $input) {\n      ...GatewaySettingsView\n    }\n  }\n": typeof types.UpdateGatewaySettingsDocument,
    "\n  mutation ApplyGatewayConfig {\n    applyGatewayConfig {\n      id\n    }\n  }\n": typeof types.ApplyGatewayConfigDocument,
    "\n  mutation DeleteGatewayConfig($input: DeleteGatewayConfigInput!) {\n    deleteGatewayConfig(input: $input) {\n      id\n    }\n  }\n": typeof types.DeleteGatewayConfigDocument,
    "\n  mutation UpdateGatewayRoute {\n    updateGatewayRoute {\n      configured\n    }\n  }\n": typeof types.UpdateGatewayRouteDocument,
    "\n  mutation DeleteGatewayRoute {\n    deleteGatewayRoute\n  }\n": typeof types.DeleteGatewayRouteDocument,
    "\n  mutation CreateConsumer($input: CreateConsumerInput!) {\n    createConsumer(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": typeof types.CreateConsumerDocument,
    "\n  mutation DeleteConsumers($input: DeleteConsumersInput!) {\n    deleteConsumers(input: $input) {\n      username\n      error {\n        message\n      }\n    }\n  }\n": typeof types.DeleteConsumersDocument,
    "\n  mutation RotateConsumerKey($input: RotateConsumerKeyInput!) {\n    rotateConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": typeof types.RotateConsumerKeyDocument,
    "\n  mutation RevealConsumerKey($input: RevealConsumerKeyInput!) {\n    revealConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": typeof types.RevealConsumerKeyDocument,
    "\n  mutation SendKeys($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids, keysOnly: true }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n": typeof types.SendKeysDocument,
    "\n  mutation RevealUserKey($input: RevealUserKeyInput!) {\n    revealUserKey(input: $input) {\n      key\n      baseUrl\n    }\n  }\n": typeof types.RevealUserKeyDocument,
    "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    peerAccess\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n": typeof types.GroupRowFragmentDoc,
    "\n  fragment UserRow on User {\n    id\n    username\n    email\n    volume\n    workspacePath\n    createdAt\n    instance {\n      id\n      state\n      stateAt\n      reason\n      commands\n      queuePlace\n      progress\n      url\n    }\n  }\n": typeof types.UserRowFragmentDoc,
    "\n  query Groups($filter: GroupFilter, $page: PageInput!) {\n    groups(filter: $filter, page: $page) {\n      total\n      items {\n        ...GroupRow\n        users {\n          ...UserRow\n        }\n      }\n    }\n  }\n": typeof types.GroupsDocument,
    "\n  query Events {\n    events(page: { size: 1000 }) {\n      items {\n        id\n        eventId\n        title\n      }\n    }\n  }\n": typeof types.EventsDocument,
    "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n": typeof types.GroupChangedDocument,
    "\n  query ExportGroups {\n    exportGroups\n  }\n": typeof types.ExportGroupsDocument,
    "\n  mutation CreateGroup($input: CreateGroupInput!) {\n    createGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n": typeof types.CreateGroupDocument,
    "\n  mutation UpdateGroup($input: UpdateGroupInput!) {\n    updateGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n": typeof types.UpdateGroupDocument,
    "\n  mutation DeleteGroup($input: DeleteGroupInput!) {\n    deleteGroup(input: $input) {\n      id\n    }\n  }\n": typeof types.DeleteGroupDocument,
    "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      ...UserRow\n    }\n  }\n": typeof types.CreateUserDocument,
    "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      ...UserRow\n    }\n  }\n": typeof types.UpdateUserDocument,
    "\n  mutation TransferUser($input: TransferUserInput!) {\n    transferUser(input: $input) {\n      ...UserRow\n    }\n  }\n": typeof types.TransferUserDocument,
    "\n  mutation DeleteUser($input: DeleteUserInput!) {\n    deleteUser(input: $input) {\n      id\n    }\n  }\n": typeof types.DeleteUserDocument,
    "\n  mutation StartUser($input: StartUserInput!) {\n    startUser(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n": typeof types.StartUserDocument,
    "\n  mutation StartGroup($input: StartGroupInput!) {\n    startGroup(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n": typeof types.StartGroupDocument,
    "\n  mutation ImportGroups($input: ImportGroupsInput!) {\n    importGroups(input: $input) {\n      applied\n      changes {\n        kind\n        name\n        action\n        detail\n      }\n    }\n  }\n": typeof types.ImportGroupsDocument,
    "\n  fragment InstanceRow on Instance {\n    id\n    groupName\n    username\n    state\n    stateAt\n    reason\n    notice\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n": typeof types.InstanceRowFragmentDoc,
    "\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n": typeof types.InstancesDocument,
    "\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.InstanceChangedDocument,
    "\n  query Instance($id: ID!) {\n    instance(id: $id) {\n      ...InstanceRow\n    }\n  }\n": typeof types.InstanceDocument,
    "\n  query OwnUsers {\n    viewer {\n      name\n      email\n      role\n      mayStart\n      hasGateway\n      users {\n        id\n        username\n        address\n        group {\n          id\n          name\n          title\n        }\n        instance {\n          ...InstanceRow\n        }\n      }\n    }\n  }\n": typeof types.OwnUsersDocument,
    "\n  query InstanceLogs($id: ID!, $lines: Int!) {\n    instance(id: $id) {\n      id\n      logs(lines: $lines)\n    }\n  }\n": typeof types.InstanceLogsDocument,
    "\n  query Namesakes($group: String!, $username: String!) {\n    instances(filter: { group: $group, search: $username }, page: { size: 200 }) {\n      items {\n        id\n        username\n        volume\n        state\n        endedAt\n      }\n    }\n  }\n": typeof types.NamesakesDocument,
    "\n  query People {\n    groups(page: { size: 1000 }) {\n      items {\n        id\n        name\n        users {\n          id\n          username\n        }\n      }\n    }\n  }\n": typeof types.PeopleDocument,
    "\n  mutation CreateInstance($input: CreateInstanceInput!) {\n    createInstance(input: $input) {\n      ...InstanceRow\n    }\n  }\n": typeof types.CreateInstanceDocument,
    "\n  mutation StartMySandbox($userId: ID!) {\n    startMySandbox(input: { userId: $userId }) {\n      ...InstanceRow\n      user {\n        id\n        instance {\n          id\n        }\n      }\n    }\n  }\n": typeof types.StartMySandboxDocument,
    "\n  mutation PauseInstance($id: ID!) {\n    pauseInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.PauseInstanceDocument,
    "\n  mutation ResumeInstance($id: ID!) {\n    resumeInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.ResumeInstanceDocument,
    "\n  mutation RestartInstance($id: ID!) {\n    restartInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.RestartInstanceDocument,
    "\n  mutation KillInstance($id: ID!) {\n    killInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.KillInstanceDocument,
    "\n  mutation RecreateInstance($id: ID!) {\n    recreateInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.RecreateInstanceDocument,
    "\n  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {\n    renewInstance(input: { id: $id, timeoutMinutes: $timeoutMinutes }) {\n      ...InstanceRow\n    }\n  }\n": typeof types.RenewInstanceDocument,
    "\n  mutation PauseInstances($ids: [ID!]!) {\n    results: pauseInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": typeof types.PauseInstancesDocument,
    "\n  mutation ResumeInstances($ids: [ID!]!) {\n    results: resumeInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": typeof types.ResumeInstancesDocument,
    "\n  mutation KillInstances($ids: [ID!]!) {\n    results: killInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": typeof types.KillInstancesDocument,
    "\n  mutation RevealInstancePassword($id: ID!) {\n    revealInstancePassword(input: { id: $id }) {\n      id\n      password\n    }\n  }\n": typeof types.RevealInstancePasswordDocument,
    "\n  mutation DeleteWorkspace($volume: String!, $confirm: String!) {\n    deleteWorkspace(input: { volume: $volume, confirm: $confirm })\n  }\n": typeof types.DeleteWorkspaceDocument,
    "\n  fragment LemonadeStatsView on LemonadeStats {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cacheTokens\n    requestsTotal\n    inputTokensTotal\n    outputTokensTotal\n    cpuPercent\n    memoryGib\n    gpuPercent\n    vramGib\n    npuPercent\n  }\n": typeof types.LemonadeStatsViewFragmentDoc,
    "\n  fragment LemonadeSampleView on LemonadeSample {\n    at\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cpuPercent\n  }\n": typeof types.LemonadeSampleViewFragmentDoc,
    "\n  query LemonadeSamples {\n    lemonadeStats {\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n": typeof types.LemonadeSamplesDocument,
    "\n  subscription LemonadeStatsChanged {\n    lemonadeStatsChanged {\n      ...LemonadeStatsView\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n": typeof types.LemonadeStatsChangedDocument,
    "\n  fragment LemonadeSlotsView on LemonadeSlots {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    slots {\n      id\n      processing\n      contextSize\n      tokens\n      inputTokens\n      cachedTokens\n      outputTokens\n    }\n  }\n": typeof types.LemonadeSlotsViewFragmentDoc,
    "\n  subscription LemonadeSlotsChanged {\n    lemonadeSlotsChanged {\n      ...LemonadeSlotsView\n    }\n  }\n": typeof types.LemonadeSlotsChangedDocument,
    "\n  fragment LemonadeSystemView on LemonadeSystem {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    os\n    memoryGib\n    devices {\n      kind\n      name\n      available\n      detail\n    }\n    storage {\n      totalBytes\n      freeBytes\n    }\n  }\n": typeof types.LemonadeSystemViewFragmentDoc,
    "\n  subscription LemonadeSystemChanged {\n    lemonadeSystemChanged {\n      ...LemonadeSystemView\n    }\n  }\n": typeof types.LemonadeSystemChangedDocument,
    "\n  fragment LemonadeModelsView on LemonadeModels {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    models {\n      name\n      checkpoint\n      recipe\n      labels\n      downloaded\n      custom\n      sizeGib\n      maxContext\n    }\n  }\n": typeof types.LemonadeModelsViewFragmentDoc,
    "\n  subscription LemonadeModelsChanged {\n    lemonadeModelsChanged {\n      ...LemonadeModelsView\n    }\n  }\n": typeof types.LemonadeModelsChangedDocument,
    "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input)\n  }\n": typeof types.DeleteModelDocument,
    "\n  fragment LemonadePullsView on LemonadePulls {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    pulls {\n      id\n      model\n      state\n      percent\n      file\n      fileIndex\n      totalFiles\n      bytesDone\n      bytesTotal\n      bytesPerSecond\n      quietSince\n      error\n    }\n  }\n": typeof types.LemonadePullsViewFragmentDoc,
    "\n  subscription LemonadePullsChanged {\n    lemonadePullsChanged {\n      ...LemonadePullsView\n    }\n  }\n": typeof types.LemonadePullsChangedDocument,
    "\n  query LemonadeVariants($checkpoint: String!) {\n    lemonadeVariants(checkpoint: $checkpoint) {\n      checkpoint\n      recipe\n      suggestedName\n      suggestedLabels\n      variants {\n        name\n        sizeBytes\n        files\n      }\n      pictureFiles\n    }\n  }\n": typeof types.LemonadeVariantsDocument,
    "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      id\n    }\n  }\n": typeof types.PullModelDocument,
    "\n  mutation CancelPull($input: CancelPullInput!) {\n    cancelPull(input: $input)\n  }\n": typeof types.CancelPullDocument,
    "\n  mutation DeletePull($input: DeletePullInput!) {\n    deletePull(input: $input)\n  }\n": typeof types.DeletePullDocument,
    "\n  fragment LemonadeStatusView on LemonadeStatus {\n    endpoint\n    openaiUrl\n    hasApiKey\n    hasAdminKey\n    online\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    version\n    model\n    contextSize\n    users\n    loaded {\n      name\n      recipe\n      type\n      state\n      busy\n      alive\n      pinned\n      contextSize\n      slots\n    }\n    loads {\n      model\n      state\n      since\n      by\n      message\n    }\n  }\n": typeof types.LemonadeStatusViewFragmentDoc,
    "\n  subscription LemonadeStatusChanged {\n    lemonadeStatusChanged {\n      ...LemonadeStatusView\n    }\n  }\n": typeof types.LemonadeStatusChangedDocument,
    "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      model\n    }\n  }\n": typeof types.LoadModelDocument,
    "\n  mutation DeleteModelLoad($input: DeleteModelLoadInput!) {\n    deleteModelLoad(input: $input)\n  }\n": typeof types.DeleteModelLoadDocument,
    "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input)\n  }\n": typeof types.UnloadModelDocument,
    "\n  fragment UpstreamErrorView on UpstreamError {\n    kind\n    message\n    since\n  }\n": typeof types.UpstreamErrorViewFragmentDoc,
    "\n  query Lemonade {\n    lemonadeStatus {\n      ...LemonadeStatusView\n    }\n    lemonadeStats {\n      ...LemonadeStatsView\n    }\n    lemonadeSlots {\n      ...LemonadeSlotsView\n    }\n    lemonadeSystem {\n      ...LemonadeSystemView\n    }\n    lemonadeModels {\n      ...LemonadeModelsView\n    }\n    lemonadePulls {\n      ...LemonadePullsView\n    }\n  }\n": typeof types.LemonadeDocument,
    "\n  fragment LinkRow on AccessLink {\n    id\n    createdAt\n    createdBy\n    expiresAt\n    lastUsedAt\n    uses\n    maxUses\n    allowExistingUsers\n    allowNewUsers\n  }\n": typeof types.LinkRowFragmentDoc,
    "\n  fragment LinkedUser on User {\n    id\n    username\n    address\n    claimedAt\n    hasLink\n    link {\n      ...LinkRow\n    }\n  }\n": typeof types.LinkedUserFragmentDoc,
    "\n  query GroupLinks($id: ID!) {\n    group(id: $id) {\n      id\n      name\n      title\n      joinLinks(page: { size: 1000 }) {\n        items {\n          ...LinkRow\n        }\n      }\n      users {\n        ...LinkedUser\n      }\n    }\n    settings {\n      publicUrl\n    }\n  }\n": typeof types.GroupLinksDocument,
    "\n  mutation CreatePersonalLinks($input: CreatePersonalLinksInput!) {\n    createPersonalLinks(input: $input) {\n      secret\n      user {\n        ...LinkedUser\n      }\n    }\n  }\n": typeof types.CreatePersonalLinksDocument,
    "\n  mutation RevokePersonalLink($input: RevokePersonalLinkInput!) {\n    revokePersonalLink(input: $input) {\n      ...LinkedUser\n    }\n  }\n": typeof types.RevokePersonalLinkDocument,
    "\n  mutation CreateJoinLink($input: CreateJoinLinkInput!) {\n    createJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n": typeof types.CreateJoinLinkDocument,
    "\n  mutation RotateJoinLink($input: RotateJoinLinkInput!) {\n    rotateJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n": typeof types.RotateJoinLinkDocument,
    "\n  mutation RevokeJoinLink($input: RevokeJoinLinkInput!) {\n    revokeJoinLink(input: $input) {\n      id\n    }\n  }\n": typeof types.RevokeJoinLinkDocument,
    "\n  query PresentViewer {\n    viewer {\n      name\n      role\n      isSignedIn\n      users {\n        id\n        username\n        group {\n          id\n          name\n        }\n      }\n    }\n  }\n": typeof types.PresentViewerDocument,
    "\n  fragment SettingRow on Setting {\n    key\n    value\n    updatedAt\n    updatedBy\n  }\n": typeof types.SettingRowFragmentDoc,
    "\n  query ParticipantsMayStart {\n    setting(key: \"participants_may_start\") {\n      ...SettingRow\n    }\n  }\n": typeof types.ParticipantsMayStartDocument,
    "\n  query Addresses {\n    settings {\n      domain\n      externalIp\n      byPath\n    }\n    groups {\n      items {\n        id\n        userCount\n      }\n    }\n  }\n": typeof types.AddressesDocument,
    "\n  query ExampleAddress($groupId: ID!) {\n    group(id: $groupId) {\n      id\n      name\n      users {\n        id\n        username\n        address\n      }\n    }\n  }\n": typeof types.ExampleAddressDocument,
    "\n  mutation UpdateSetting($input: UpdateSettingInput!) {\n    updateSetting(input: $input) {\n      ...SettingRow\n    }\n  }\n": typeof types.UpdateSettingDocument,
    "\n  subscription SettingChanged {\n    settingChanged {\n      kind\n      id\n      setting {\n        ...SettingRow\n      }\n    }\n  }\n": typeof types.SettingChangedDocument,
    "\n  fragment ConfigFileRow on ConfigFile {\n    key\n    label\n    hasContent\n    size\n    updatedAt\n    updatedBy\n  }\n": typeof types.ConfigFileRowFragmentDoc,
    "\n  query ConfigFiles {\n    configFiles {\n      ...ConfigFileRow\n    }\n  }\n": typeof types.ConfigFilesDocument,
    "\n  query ConfigFileText($key: String!) {\n    configFile(key: $key) {\n      key\n      content\n      updatedAt\n      updatedBy\n    }\n  }\n": typeof types.ConfigFileTextDocument,
    "\n  query CheckConfigFile($key: String!, $content: String!) {\n    checkConfigFile(key: $key, content: $content) {\n      line\n      column\n      message\n    }\n  }\n": typeof types.CheckConfigFileDocument,
    "\n  mutation UpdateConfigFile($input: UpdateConfigFileInput!) {\n    updateConfigFile(input: $input) {\n      ...ConfigFileRow\n    }\n  }\n": typeof types.UpdateConfigFileDocument,
    "\n  mutation DeleteConfigFile($input: DeleteConfigFileInput!) {\n    deleteConfigFile(input: $input)\n  }\n": typeof types.DeleteConfigFileDocument,
    "\n  subscription ConfigFileChanged {\n    configFileChanged {\n      kind\n      id\n      configFile {\n        ...ConfigFileRow\n      }\n    }\n  }\n": typeof types.ConfigFileChangedDocument,
    "\n  query RunningSandboxes($group: String, $page: Int!) {\n    instances(filter: { states: [RUNNING], group: $group }, page: { number: $page, size: 1000 }) {\n      items {\n        id\n        group: groupName\n        username\n      }\n      total\n    }\n  }\n": typeof types.RunningSandboxesDocument,
    "\n  mutation UpdateInstanceFiles($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n": typeof types.UpdateInstanceFilesDocument,
};
const documents: Documents = {
    "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n    count\n  }\n": types.ActivityRowFragmentDoc,
    "\n  query Activity($filter: ActivityFilter, $page: PageInput) {\n    activity(filter: $filter, page: $page) {\n      items {\n        ...ActivityRow\n      }\n    }\n  }\n": types.ActivityDocument,
    "\n  subscription ActivityChanged {\n    activityChanged {\n      kind\n      id\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n": types.ActivityChangedDocument,
    "\n  query Viewer {\n    viewer {\n      name\n      role\n      email\n      isSignedIn\n    }\n  }\n": types.ViewerDocument,
    "\n  query SignInOptions {\n    signInOptions {\n      password\n      providers {\n        name\n        label\n      }\n    }\n  }\n": types.SignInOptionsDocument,
    "\n  mutation SignOutEverywhere {\n    signOut(input: { everywhere: true })\n  }\n": types.SignOutEverywhereDocument,
    "\n  mutation CreateLocalPassword {\n    createLocalPassword\n  }\n": types.CreateLocalPasswordDocument,
    "\n  fragment IdentityRow on Identity {\n    id\n    provider\n    displayName\n    email\n    role\n    createdAt\n    lastSeenAt\n  }\n": types.IdentityRowFragmentDoc,
    "\n  query Identities($page: PageInput) {\n    waiting: identities(filter: { roles: [WAITING] }, page: { size: 1000 }) {\n      total\n      items {\n        ...IdentityRow\n      }\n    }\n    people: identities(filter: { roles: [ORGANIZER, PARTICIPANT] }, page: $page) {\n      total\n      number\n      size\n      items {\n        ...IdentityRow\n      }\n    }\n  }\n": types.IdentitiesDocument,
    "\n  subscription IdentityChanged {\n    identityChanged {\n      kind\n      id\n      identity {\n        ...IdentityRow\n      }\n    }\n  }\n": types.IdentityChangedDocument,
    "\n  mutation UpdateIdentity($input: UpdateIdentityInput!) {\n    updateIdentity(input: $input) {\n      ...IdentityRow\n    }\n  }\n": types.UpdateIdentityDocument,
    "\n  fragment ApiTokenRow on ApiToken {\n    id\n    name\n    createdBy\n    createdAt\n    expiresAt\n    lastUsedAt\n  }\n": types.ApiTokenRowFragmentDoc,
    "\n  query ApiTokens {\n    apiTokens(page: { size: 1000 }) {\n      items {\n        ...ApiTokenRow\n      }\n    }\n  }\n": types.ApiTokensDocument,
    "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      token\n      apiToken {\n        ...ApiTokenRow\n      }\n    }\n  }\n": types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      id\n    }\n  }\n": types.RevokeApiTokenDocument,
    "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n    network {\n      pool\n      lanBlocked\n      internetBlocked\n      exceptions\n      hostPorts\n      nameServers\n      enforced\n      notices\n    }\n  }\n": types.EngineStateFragmentDoc,
    "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n": types.EngineDocument,
    "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n": types.EngineChangedDocument,
    "\n  fragment GatewayStatusView on GatewayStatus {\n    state\n    asOf\n    error {\n      kind\n      message\n      since\n    }\n    version\n    adminUrl\n    proxyUrl\n    peopleUrl\n    mode\n    consumerCount\n    route {\n      configured\n      current\n      uri\n      upstream\n      model\n    }\n    redis {\n      configured\n      reachable\n      message\n    }\n    usage {\n      available\n      message\n    }\n    limitations\n    outdatedInstances\n    plan {\n      missing\n      outdated\n      orphaned\n      current\n      routePending\n    }\n  }\n": types.GatewayStatusViewFragmentDoc,
    "\n  fragment ConsumerRow on Consumer {\n    username\n    maskedKey\n    tokenLimit\n    timeWindow\n    type\n    status\n    groupName\n    memberName\n    userCount\n    tokensInWindow\n    tokensTotal\n  }\n": types.ConsumerRowFragmentDoc,
    "\n  fragment GatewayJobView on GatewayJob {\n    id\n    kind\n    by\n    startedAt\n    endedAt\n    total\n    done\n    failed\n    message\n    steps {\n      username\n      label\n      action\n      state\n      message\n    }\n  }\n": types.GatewayJobViewFragmentDoc,
    "\n  fragment GatewaySettingsView on GatewaySettings {\n    enabled\n    mode\n    tokenLimit\n    timeWindow\n    redisHost\n    redisPort\n    hasRedisPassword\n    lemonadeUrl\n    hasLemonadeApiKey\n    lemonadeModel\n    adminUrl\n    adminKeyFrom\n    adminKeyFile\n    proxyPort\n    updatedAt\n    updatedBy\n  }\n": types.GatewaySettingsViewFragmentDoc,
    "\n  query Gateway {\n    gatewayStatus {\n      ...GatewayStatusView\n    }\n    gatewaySettings {\n      ...GatewaySettingsView\n    }\n  }\n": types.GatewayDocument,
    "\n  subscription GatewayStatusChanged {\n    gatewayStatusChanged {\n      ...GatewayStatusView\n    }\n  }\n": types.GatewayStatusChangedDocument,
    "\n  query GatewayJob {\n    gatewayJob {\n      ...GatewayJobView\n    }\n  }\n": types.GatewayJobDocument,
    "\n  subscription GatewayJobChanged {\n    gatewayJobChanged {\n      id\n      done\n      failed\n      endedAt\n    }\n  }\n": types.GatewayJobChangedDocument,
    "\n  query Consumers($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {\n    consumers(filter: $filter, sort: $sort, page: $page) {\n      items {\n        ...ConsumerRow\n      }\n      total\n      number\n      size\n      counts {\n        status\n        count\n      }\n    }\n  }\n": types.ConsumersDocument,
    "\n  query ConsumerNames($status: ConsumerStatus!, $page: PageInput) {\n    consumers(filter: { status: $status }, page: $page) {\n      items {\n        username\n      }\n      total\n    }\n  }\n": types.ConsumerNamesDocument,
    "\n  subscription ConsumerChanged {\n    consumerChanged {\n      kind\n      id\n      consumer {\n        ...ConsumerRow\n      }\n    }\n  }\n": types.ConsumerChangedDocument,
    "\n  mutation UpdateGatewaySettings($input: UpdateGatewaySettingsInput!) {\n    updateGatewaySettings(input: $input) {\n      ...GatewaySettingsView\n    }\n  }\n": types.UpdateGatewaySettingsDocument,
    "\n  mutation ApplyGatewayConfig {\n    applyGatewayConfig {\n      id\n    }\n  }\n": types.ApplyGatewayConfigDocument,
    "\n  mutation DeleteGatewayConfig($input: DeleteGatewayConfigInput!) {\n    deleteGatewayConfig(input: $input) {\n      id\n    }\n  }\n": types.DeleteGatewayConfigDocument,
    "\n  mutation UpdateGatewayRoute {\n    updateGatewayRoute {\n      configured\n    }\n  }\n": types.UpdateGatewayRouteDocument,
    "\n  mutation DeleteGatewayRoute {\n    deleteGatewayRoute\n  }\n": types.DeleteGatewayRouteDocument,
    "\n  mutation CreateConsumer($input: CreateConsumerInput!) {\n    createConsumer(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": types.CreateConsumerDocument,
    "\n  mutation DeleteConsumers($input: DeleteConsumersInput!) {\n    deleteConsumers(input: $input) {\n      username\n      error {\n        message\n      }\n    }\n  }\n": types.DeleteConsumersDocument,
    "\n  mutation RotateConsumerKey($input: RotateConsumerKeyInput!) {\n    rotateConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": types.RotateConsumerKeyDocument,
    "\n  mutation RevealConsumerKey($input: RevealConsumerKeyInput!) {\n    revealConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n": types.RevealConsumerKeyDocument,
    "\n  mutation SendKeys($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids, keysOnly: true }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n": types.SendKeysDocument,
    "\n  mutation RevealUserKey($input: RevealUserKeyInput!) {\n    revealUserKey(input: $input) {\n      key\n      baseUrl\n    }\n  }\n": types.RevealUserKeyDocument,
    "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    peerAccess\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n": types.GroupRowFragmentDoc,
    "\n  fragment UserRow on User {\n    id\n    username\n    email\n    volume\n    workspacePath\n    createdAt\n    instance {\n      id\n      state\n      stateAt\n      reason\n      commands\n      queuePlace\n      progress\n      url\n    }\n  }\n": types.UserRowFragmentDoc,
    "\n  query Groups($filter: GroupFilter, $page: PageInput!) {\n    groups(filter: $filter, page: $page) {\n      total\n      items {\n        ...GroupRow\n        users {\n          ...UserRow\n        }\n      }\n    }\n  }\n": types.GroupsDocument,
    "\n  query Events {\n    events(page: { size: 1000 }) {\n      items {\n        id\n        eventId\n        title\n      }\n    }\n  }\n": types.EventsDocument,
    "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n": types.GroupChangedDocument,
    "\n  query ExportGroups {\n    exportGroups\n  }\n": types.ExportGroupsDocument,
    "\n  mutation CreateGroup($input: CreateGroupInput!) {\n    createGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n": types.CreateGroupDocument,
    "\n  mutation UpdateGroup($input: UpdateGroupInput!) {\n    updateGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n": types.UpdateGroupDocument,
    "\n  mutation DeleteGroup($input: DeleteGroupInput!) {\n    deleteGroup(input: $input) {\n      id\n    }\n  }\n": types.DeleteGroupDocument,
    "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      ...UserRow\n    }\n  }\n": types.CreateUserDocument,
    "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      ...UserRow\n    }\n  }\n": types.UpdateUserDocument,
    "\n  mutation TransferUser($input: TransferUserInput!) {\n    transferUser(input: $input) {\n      ...UserRow\n    }\n  }\n": types.TransferUserDocument,
    "\n  mutation DeleteUser($input: DeleteUserInput!) {\n    deleteUser(input: $input) {\n      id\n    }\n  }\n": types.DeleteUserDocument,
    "\n  mutation StartUser($input: StartUserInput!) {\n    startUser(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n": types.StartUserDocument,
    "\n  mutation StartGroup($input: StartGroupInput!) {\n    startGroup(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n": types.StartGroupDocument,
    "\n  mutation ImportGroups($input: ImportGroupsInput!) {\n    importGroups(input: $input) {\n      applied\n      changes {\n        kind\n        name\n        action\n        detail\n      }\n    }\n  }\n": types.ImportGroupsDocument,
    "\n  fragment InstanceRow on Instance {\n    id\n    groupName\n    username\n    state\n    stateAt\n    reason\n    notice\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n": types.InstanceRowFragmentDoc,
    "\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n": types.InstancesDocument,
    "\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.InstanceChangedDocument,
    "\n  query Instance($id: ID!) {\n    instance(id: $id) {\n      ...InstanceRow\n    }\n  }\n": types.InstanceDocument,
    "\n  query OwnUsers {\n    viewer {\n      name\n      email\n      role\n      mayStart\n      hasGateway\n      users {\n        id\n        username\n        address\n        group {\n          id\n          name\n          title\n        }\n        instance {\n          ...InstanceRow\n        }\n      }\n    }\n  }\n": types.OwnUsersDocument,
    "\n  query InstanceLogs($id: ID!, $lines: Int!) {\n    instance(id: $id) {\n      id\n      logs(lines: $lines)\n    }\n  }\n": types.InstanceLogsDocument,
    "\n  query Namesakes($group: String!, $username: String!) {\n    instances(filter: { group: $group, search: $username }, page: { size: 200 }) {\n      items {\n        id\n        username\n        volume\n        state\n        endedAt\n      }\n    }\n  }\n": types.NamesakesDocument,
    "\n  query People {\n    groups(page: { size: 1000 }) {\n      items {\n        id\n        name\n        users {\n          id\n          username\n        }\n      }\n    }\n  }\n": types.PeopleDocument,
    "\n  mutation CreateInstance($input: CreateInstanceInput!) {\n    createInstance(input: $input) {\n      ...InstanceRow\n    }\n  }\n": types.CreateInstanceDocument,
    "\n  mutation StartMySandbox($userId: ID!) {\n    startMySandbox(input: { userId: $userId }) {\n      ...InstanceRow\n      user {\n        id\n        instance {\n          id\n        }\n      }\n    }\n  }\n": types.StartMySandboxDocument,
    "\n  mutation PauseInstance($id: ID!) {\n    pauseInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": types.PauseInstanceDocument,
    "\n  mutation ResumeInstance($id: ID!) {\n    resumeInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": types.ResumeInstanceDocument,
    "\n  mutation RestartInstance($id: ID!) {\n    restartInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": types.RestartInstanceDocument,
    "\n  mutation KillInstance($id: ID!) {\n    killInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": types.KillInstanceDocument,
    "\n  mutation RecreateInstance($id: ID!) {\n    recreateInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n": types.RecreateInstanceDocument,
    "\n  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {\n    renewInstance(input: { id: $id, timeoutMinutes: $timeoutMinutes }) {\n      ...InstanceRow\n    }\n  }\n": types.RenewInstanceDocument,
    "\n  mutation PauseInstances($ids: [ID!]!) {\n    results: pauseInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": types.PauseInstancesDocument,
    "\n  mutation ResumeInstances($ids: [ID!]!) {\n    results: resumeInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": types.ResumeInstancesDocument,
    "\n  mutation KillInstances($ids: [ID!]!) {\n    results: killInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n": types.KillInstancesDocument,
    "\n  mutation RevealInstancePassword($id: ID!) {\n    revealInstancePassword(input: { id: $id }) {\n      id\n      password\n    }\n  }\n": types.RevealInstancePasswordDocument,
    "\n  mutation DeleteWorkspace($volume: String!, $confirm: String!) {\n    deleteWorkspace(input: { volume: $volume, confirm: $confirm })\n  }\n": types.DeleteWorkspaceDocument,
    "\n  fragment LemonadeStatsView on LemonadeStats {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cacheTokens\n    requestsTotal\n    inputTokensTotal\n    outputTokensTotal\n    cpuPercent\n    memoryGib\n    gpuPercent\n    vramGib\n    npuPercent\n  }\n": types.LemonadeStatsViewFragmentDoc,
    "\n  fragment LemonadeSampleView on LemonadeSample {\n    at\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cpuPercent\n  }\n": types.LemonadeSampleViewFragmentDoc,
    "\n  query LemonadeSamples {\n    lemonadeStats {\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n": types.LemonadeSamplesDocument,
    "\n  subscription LemonadeStatsChanged {\n    lemonadeStatsChanged {\n      ...LemonadeStatsView\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n": types.LemonadeStatsChangedDocument,
    "\n  fragment LemonadeSlotsView on LemonadeSlots {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    slots {\n      id\n      processing\n      contextSize\n      tokens\n      inputTokens\n      cachedTokens\n      outputTokens\n    }\n  }\n": types.LemonadeSlotsViewFragmentDoc,
    "\n  subscription LemonadeSlotsChanged {\n    lemonadeSlotsChanged {\n      ...LemonadeSlotsView\n    }\n  }\n": types.LemonadeSlotsChangedDocument,
    "\n  fragment LemonadeSystemView on LemonadeSystem {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    os\n    memoryGib\n    devices {\n      kind\n      name\n      available\n      detail\n    }\n    storage {\n      totalBytes\n      freeBytes\n    }\n  }\n": types.LemonadeSystemViewFragmentDoc,
    "\n  subscription LemonadeSystemChanged {\n    lemonadeSystemChanged {\n      ...LemonadeSystemView\n    }\n  }\n": types.LemonadeSystemChangedDocument,
    "\n  fragment LemonadeModelsView on LemonadeModels {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    models {\n      name\n      checkpoint\n      recipe\n      labels\n      downloaded\n      custom\n      sizeGib\n      maxContext\n    }\n  }\n": types.LemonadeModelsViewFragmentDoc,
    "\n  subscription LemonadeModelsChanged {\n    lemonadeModelsChanged {\n      ...LemonadeModelsView\n    }\n  }\n": types.LemonadeModelsChangedDocument,
    "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input)\n  }\n": types.DeleteModelDocument,
    "\n  fragment LemonadePullsView on LemonadePulls {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    pulls {\n      id\n      model\n      state\n      percent\n      file\n      fileIndex\n      totalFiles\n      bytesDone\n      bytesTotal\n      bytesPerSecond\n      quietSince\n      error\n    }\n  }\n": types.LemonadePullsViewFragmentDoc,
    "\n  subscription LemonadePullsChanged {\n    lemonadePullsChanged {\n      ...LemonadePullsView\n    }\n  }\n": types.LemonadePullsChangedDocument,
    "\n  query LemonadeVariants($checkpoint: String!) {\n    lemonadeVariants(checkpoint: $checkpoint) {\n      checkpoint\n      recipe\n      suggestedName\n      suggestedLabels\n      variants {\n        name\n        sizeBytes\n        files\n      }\n      pictureFiles\n    }\n  }\n": types.LemonadeVariantsDocument,
    "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      id\n    }\n  }\n": types.PullModelDocument,
    "\n  mutation CancelPull($input: CancelPullInput!) {\n    cancelPull(input: $input)\n  }\n": types.CancelPullDocument,
    "\n  mutation DeletePull($input: DeletePullInput!) {\n    deletePull(input: $input)\n  }\n": types.DeletePullDocument,
    "\n  fragment LemonadeStatusView on LemonadeStatus {\n    endpoint\n    openaiUrl\n    hasApiKey\n    hasAdminKey\n    online\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    version\n    model\n    contextSize\n    users\n    loaded {\n      name\n      recipe\n      type\n      state\n      busy\n      alive\n      pinned\n      contextSize\n      slots\n    }\n    loads {\n      model\n      state\n      since\n      by\n      message\n    }\n  }\n": types.LemonadeStatusViewFragmentDoc,
    "\n  subscription LemonadeStatusChanged {\n    lemonadeStatusChanged {\n      ...LemonadeStatusView\n    }\n  }\n": types.LemonadeStatusChangedDocument,
    "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      model\n    }\n  }\n": types.LoadModelDocument,
    "\n  mutation DeleteModelLoad($input: DeleteModelLoadInput!) {\n    deleteModelLoad(input: $input)\n  }\n": types.DeleteModelLoadDocument,
    "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input)\n  }\n": types.UnloadModelDocument,
    "\n  fragment UpstreamErrorView on UpstreamError {\n    kind\n    message\n    since\n  }\n": types.UpstreamErrorViewFragmentDoc,
    "\n  query Lemonade {\n    lemonadeStatus {\n      ...LemonadeStatusView\n    }\n    lemonadeStats {\n      ...LemonadeStatsView\n    }\n    lemonadeSlots {\n      ...LemonadeSlotsView\n    }\n    lemonadeSystem {\n      ...LemonadeSystemView\n    }\n    lemonadeModels {\n      ...LemonadeModelsView\n    }\n    lemonadePulls {\n      ...LemonadePullsView\n    }\n  }\n": types.LemonadeDocument,
    "\n  fragment LinkRow on AccessLink {\n    id\n    createdAt\n    createdBy\n    expiresAt\n    lastUsedAt\n    uses\n    maxUses\n    allowExistingUsers\n    allowNewUsers\n  }\n": types.LinkRowFragmentDoc,
    "\n  fragment LinkedUser on User {\n    id\n    username\n    address\n    claimedAt\n    hasLink\n    link {\n      ...LinkRow\n    }\n  }\n": types.LinkedUserFragmentDoc,
    "\n  query GroupLinks($id: ID!) {\n    group(id: $id) {\n      id\n      name\n      title\n      joinLinks(page: { size: 1000 }) {\n        items {\n          ...LinkRow\n        }\n      }\n      users {\n        ...LinkedUser\n      }\n    }\n    settings {\n      publicUrl\n    }\n  }\n": types.GroupLinksDocument,
    "\n  mutation CreatePersonalLinks($input: CreatePersonalLinksInput!) {\n    createPersonalLinks(input: $input) {\n      secret\n      user {\n        ...LinkedUser\n      }\n    }\n  }\n": types.CreatePersonalLinksDocument,
    "\n  mutation RevokePersonalLink($input: RevokePersonalLinkInput!) {\n    revokePersonalLink(input: $input) {\n      ...LinkedUser\n    }\n  }\n": types.RevokePersonalLinkDocument,
    "\n  mutation CreateJoinLink($input: CreateJoinLinkInput!) {\n    createJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n": types.CreateJoinLinkDocument,
    "\n  mutation RotateJoinLink($input: RotateJoinLinkInput!) {\n    rotateJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n": types.RotateJoinLinkDocument,
    "\n  mutation RevokeJoinLink($input: RevokeJoinLinkInput!) {\n    revokeJoinLink(input: $input) {\n      id\n    }\n  }\n": types.RevokeJoinLinkDocument,
    "\n  query PresentViewer {\n    viewer {\n      name\n      role\n      isSignedIn\n      users {\n        id\n        username\n        group {\n          id\n          name\n        }\n      }\n    }\n  }\n": types.PresentViewerDocument,
    "\n  fragment SettingRow on Setting {\n    key\n    value\n    updatedAt\n    updatedBy\n  }\n": types.SettingRowFragmentDoc,
    "\n  query ParticipantsMayStart {\n    setting(key: \"participants_may_start\") {\n      ...SettingRow\n    }\n  }\n": types.ParticipantsMayStartDocument,
    "\n  query Addresses {\n    settings {\n      domain\n      externalIp\n      byPath\n    }\n    groups {\n      items {\n        id\n        userCount\n      }\n    }\n  }\n": types.AddressesDocument,
    "\n  query ExampleAddress($groupId: ID!) {\n    group(id: $groupId) {\n      id\n      name\n      users {\n        id\n        username\n        address\n      }\n    }\n  }\n": types.ExampleAddressDocument,
    "\n  mutation UpdateSetting($input: UpdateSettingInput!) {\n    updateSetting(input: $input) {\n      ...SettingRow\n    }\n  }\n": types.UpdateSettingDocument,
    "\n  subscription SettingChanged {\n    settingChanged {\n      kind\n      id\n      setting {\n        ...SettingRow\n      }\n    }\n  }\n": types.SettingChangedDocument,
    "\n  fragment ConfigFileRow on ConfigFile {\n    key\n    label\n    hasContent\n    size\n    updatedAt\n    updatedBy\n  }\n": types.ConfigFileRowFragmentDoc,
    "\n  query ConfigFiles {\n    configFiles {\n      ...ConfigFileRow\n    }\n  }\n": types.ConfigFilesDocument,
    "\n  query ConfigFileText($key: String!) {\n    configFile(key: $key) {\n      key\n      content\n      updatedAt\n      updatedBy\n    }\n  }\n": types.ConfigFileTextDocument,
    "\n  query CheckConfigFile($key: String!, $content: String!) {\n    checkConfigFile(key: $key, content: $content) {\n      line\n      column\n      message\n    }\n  }\n": types.CheckConfigFileDocument,
    "\n  mutation UpdateConfigFile($input: UpdateConfigFileInput!) {\n    updateConfigFile(input: $input) {\n      ...ConfigFileRow\n    }\n  }\n": types.UpdateConfigFileDocument,
    "\n  mutation DeleteConfigFile($input: DeleteConfigFileInput!) {\n    deleteConfigFile(input: $input)\n  }\n": types.DeleteConfigFileDocument,
    "\n  subscription ConfigFileChanged {\n    configFileChanged {\n      kind\n      id\n      configFile {\n        ...ConfigFileRow\n      }\n    }\n  }\n": types.ConfigFileChangedDocument,
    "\n  query RunningSandboxes($group: String, $page: Int!) {\n    instances(filter: { states: [RUNNING], group: $group }, page: { number: $page, size: 1000 }) {\n      items {\n        id\n        group: groupName\n        username\n      }\n      total\n    }\n  }\n": types.RunningSandboxesDocument,
    "\n  mutation UpdateInstanceFiles($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n": types.UpdateInstanceFilesDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n    count\n  }\n"): (typeof documents)["\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n    count\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Activity($filter: ActivityFilter, $page: PageInput) {\n    activity(filter: $filter, page: $page) {\n      items {\n        ...ActivityRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query Activity($filter: ActivityFilter, $page: PageInput) {\n    activity(filter: $filter, page: $page) {\n      items {\n        ...ActivityRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription ActivityChanged {\n    activityChanged {\n      kind\n      id\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription ActivityChanged {\n    activityChanged {\n      kind\n      id\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Viewer {\n    viewer {\n      name\n      role\n      email\n      isSignedIn\n    }\n  }\n"): (typeof documents)["\n  query Viewer {\n    viewer {\n      name\n      role\n      email\n      isSignedIn\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SignInOptions {\n    signInOptions {\n      password\n      providers {\n        name\n        label\n      }\n    }\n  }\n"): (typeof documents)["\n  query SignInOptions {\n    signInOptions {\n      password\n      providers {\n        name\n        label\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignOutEverywhere {\n    signOut(input: { everywhere: true })\n  }\n"): (typeof documents)["\n  mutation SignOutEverywhere {\n    signOut(input: { everywhere: true })\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateLocalPassword {\n    createLocalPassword\n  }\n"): (typeof documents)["\n  mutation CreateLocalPassword {\n    createLocalPassword\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment IdentityRow on Identity {\n    id\n    provider\n    displayName\n    email\n    role\n    createdAt\n    lastSeenAt\n  }\n"): (typeof documents)["\n  fragment IdentityRow on Identity {\n    id\n    provider\n    displayName\n    email\n    role\n    createdAt\n    lastSeenAt\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Identities($page: PageInput) {\n    waiting: identities(filter: { roles: [WAITING] }, page: { size: 1000 }) {\n      total\n      items {\n        ...IdentityRow\n      }\n    }\n    people: identities(filter: { roles: [ORGANIZER, PARTICIPANT] }, page: $page) {\n      total\n      number\n      size\n      items {\n        ...IdentityRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query Identities($page: PageInput) {\n    waiting: identities(filter: { roles: [WAITING] }, page: { size: 1000 }) {\n      total\n      items {\n        ...IdentityRow\n      }\n    }\n    people: identities(filter: { roles: [ORGANIZER, PARTICIPANT] }, page: $page) {\n      total\n      number\n      size\n      items {\n        ...IdentityRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription IdentityChanged {\n    identityChanged {\n      kind\n      id\n      identity {\n        ...IdentityRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription IdentityChanged {\n    identityChanged {\n      kind\n      id\n      identity {\n        ...IdentityRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateIdentity($input: UpdateIdentityInput!) {\n    updateIdentity(input: $input) {\n      ...IdentityRow\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateIdentity($input: UpdateIdentityInput!) {\n    updateIdentity(input: $input) {\n      ...IdentityRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ApiTokenRow on ApiToken {\n    id\n    name\n    createdBy\n    createdAt\n    expiresAt\n    lastUsedAt\n  }\n"): (typeof documents)["\n  fragment ApiTokenRow on ApiToken {\n    id\n    name\n    createdBy\n    createdAt\n    expiresAt\n    lastUsedAt\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ApiTokens {\n    apiTokens(page: { size: 1000 }) {\n      items {\n        ...ApiTokenRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query ApiTokens {\n    apiTokens(page: { size: 1000 }) {\n      items {\n        ...ApiTokenRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      token\n      apiToken {\n        ...ApiTokenRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateApiToken($input: CreateApiTokenInput!) {\n    createApiToken(input: $input) {\n      token\n      apiToken {\n        ...ApiTokenRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation RevokeApiToken($input: RevokeApiTokenInput!) {\n    revokeApiToken(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n    network {\n      pool\n      lanBlocked\n      internetBlocked\n      exceptions\n      hostPorts\n      nameServers\n      enforced\n      notices\n    }\n  }\n"): (typeof documents)["\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n    network {\n      pool\n      lanBlocked\n      internetBlocked\n      exceptions\n      hostPorts\n      nameServers\n      enforced\n      notices\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n"): (typeof documents)["\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n"): (typeof documents)["\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment GatewayStatusView on GatewayStatus {\n    state\n    asOf\n    error {\n      kind\n      message\n      since\n    }\n    version\n    adminUrl\n    proxyUrl\n    peopleUrl\n    mode\n    consumerCount\n    route {\n      configured\n      current\n      uri\n      upstream\n      model\n    }\n    redis {\n      configured\n      reachable\n      message\n    }\n    usage {\n      available\n      message\n    }\n    limitations\n    outdatedInstances\n    plan {\n      missing\n      outdated\n      orphaned\n      current\n      routePending\n    }\n  }\n"): (typeof documents)["\n  fragment GatewayStatusView on GatewayStatus {\n    state\n    asOf\n    error {\n      kind\n      message\n      since\n    }\n    version\n    adminUrl\n    proxyUrl\n    peopleUrl\n    mode\n    consumerCount\n    route {\n      configured\n      current\n      uri\n      upstream\n      model\n    }\n    redis {\n      configured\n      reachable\n      message\n    }\n    usage {\n      available\n      message\n    }\n    limitations\n    outdatedInstances\n    plan {\n      missing\n      outdated\n      orphaned\n      current\n      routePending\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ConsumerRow on Consumer {\n    username\n    maskedKey\n    tokenLimit\n    timeWindow\n    type\n    status\n    groupName\n    memberName\n    userCount\n    tokensInWindow\n    tokensTotal\n  }\n"): (typeof documents)["\n  fragment ConsumerRow on Consumer {\n    username\n    maskedKey\n    tokenLimit\n    timeWindow\n    type\n    status\n    groupName\n    memberName\n    userCount\n    tokensInWindow\n    tokensTotal\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment GatewayJobView on GatewayJob {\n    id\n    kind\n    by\n    startedAt\n    endedAt\n    total\n    done\n    failed\n    message\n    steps {\n      username\n      label\n      action\n      state\n      message\n    }\n  }\n"): (typeof documents)["\n  fragment GatewayJobView on GatewayJob {\n    id\n    kind\n    by\n    startedAt\n    endedAt\n    total\n    done\n    failed\n    message\n    steps {\n      username\n      label\n      action\n      state\n      message\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment GatewaySettingsView on GatewaySettings {\n    enabled\n    mode\n    tokenLimit\n    timeWindow\n    redisHost\n    redisPort\n    hasRedisPassword\n    lemonadeUrl\n    hasLemonadeApiKey\n    lemonadeModel\n    adminUrl\n    adminKeyFrom\n    adminKeyFile\n    proxyPort\n    updatedAt\n    updatedBy\n  }\n"): (typeof documents)["\n  fragment GatewaySettingsView on GatewaySettings {\n    enabled\n    mode\n    tokenLimit\n    timeWindow\n    redisHost\n    redisPort\n    hasRedisPassword\n    lemonadeUrl\n    hasLemonadeApiKey\n    lemonadeModel\n    adminUrl\n    adminKeyFrom\n    adminKeyFile\n    proxyPort\n    updatedAt\n    updatedBy\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Gateway {\n    gatewayStatus {\n      ...GatewayStatusView\n    }\n    gatewaySettings {\n      ...GatewaySettingsView\n    }\n  }\n"): (typeof documents)["\n  query Gateway {\n    gatewayStatus {\n      ...GatewayStatusView\n    }\n    gatewaySettings {\n      ...GatewaySettingsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GatewayStatusChanged {\n    gatewayStatusChanged {\n      ...GatewayStatusView\n    }\n  }\n"): (typeof documents)["\n  subscription GatewayStatusChanged {\n    gatewayStatusChanged {\n      ...GatewayStatusView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GatewayJob {\n    gatewayJob {\n      ...GatewayJobView\n    }\n  }\n"): (typeof documents)["\n  query GatewayJob {\n    gatewayJob {\n      ...GatewayJobView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GatewayJobChanged {\n    gatewayJobChanged {\n      id\n      done\n      failed\n      endedAt\n    }\n  }\n"): (typeof documents)["\n  subscription GatewayJobChanged {\n    gatewayJobChanged {\n      id\n      done\n      failed\n      endedAt\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Consumers($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {\n    consumers(filter: $filter, sort: $sort, page: $page) {\n      items {\n        ...ConsumerRow\n      }\n      total\n      number\n      size\n      counts {\n        status\n        count\n      }\n    }\n  }\n"): (typeof documents)["\n  query Consumers($filter: ConsumerFilter, $sort: ConsumerSort, $page: PageInput) {\n    consumers(filter: $filter, sort: $sort, page: $page) {\n      items {\n        ...ConsumerRow\n      }\n      total\n      number\n      size\n      counts {\n        status\n        count\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ConsumerNames($status: ConsumerStatus!, $page: PageInput) {\n    consumers(filter: { status: $status }, page: $page) {\n      items {\n        username\n      }\n      total\n    }\n  }\n"): (typeof documents)["\n  query ConsumerNames($status: ConsumerStatus!, $page: PageInput) {\n    consumers(filter: { status: $status }, page: $page) {\n      items {\n        username\n      }\n      total\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription ConsumerChanged {\n    consumerChanged {\n      kind\n      id\n      consumer {\n        ...ConsumerRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription ConsumerChanged {\n    consumerChanged {\n      kind\n      id\n      consumer {\n        ...ConsumerRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateGatewaySettings($input: UpdateGatewaySettingsInput!) {\n    updateGatewaySettings(input: $input) {\n      ...GatewaySettingsView\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateGatewaySettings($input: UpdateGatewaySettingsInput!) {\n    updateGatewaySettings(input: $input) {\n      ...GatewaySettingsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ApplyGatewayConfig {\n    applyGatewayConfig {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation ApplyGatewayConfig {\n    applyGatewayConfig {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteGatewayConfig($input: DeleteGatewayConfigInput!) {\n    deleteGatewayConfig(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteGatewayConfig($input: DeleteGatewayConfigInput!) {\n    deleteGatewayConfig(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateGatewayRoute {\n    updateGatewayRoute {\n      configured\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateGatewayRoute {\n    updateGatewayRoute {\n      configured\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteGatewayRoute {\n    deleteGatewayRoute\n  }\n"): (typeof documents)["\n  mutation DeleteGatewayRoute {\n    deleteGatewayRoute\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateConsumer($input: CreateConsumerInput!) {\n    createConsumer(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"): (typeof documents)["\n  mutation CreateConsumer($input: CreateConsumerInput!) {\n    createConsumer(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteConsumers($input: DeleteConsumersInput!) {\n    deleteConsumers(input: $input) {\n      username\n      error {\n        message\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteConsumers($input: DeleteConsumersInput!) {\n    deleteConsumers(input: $input) {\n      username\n      error {\n        message\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RotateConsumerKey($input: RotateConsumerKeyInput!) {\n    rotateConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"): (typeof documents)["\n  mutation RotateConsumerKey($input: RotateConsumerKeyInput!) {\n    rotateConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevealConsumerKey($input: RevealConsumerKeyInput!) {\n    revealConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"): (typeof documents)["\n  mutation RevealConsumerKey($input: RevealConsumerKeyInput!) {\n    revealConsumerKey(input: $input) {\n      username\n      key\n      baseUrl\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SendKeys($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids, keysOnly: true }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation SendKeys($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids, keysOnly: true }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevealUserKey($input: RevealUserKeyInput!) {\n    revealUserKey(input: $input) {\n      key\n      baseUrl\n    }\n  }\n"): (typeof documents)["\n  mutation RevealUserKey($input: RevealUserKeyInput!) {\n    revealUserKey(input: $input) {\n      key\n      baseUrl\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    peerAccess\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n"): (typeof documents)["\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    peerAccess\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment UserRow on User {\n    id\n    username\n    email\n    volume\n    workspacePath\n    createdAt\n    instance {\n      id\n      state\n      stateAt\n      reason\n      commands\n      queuePlace\n      progress\n      url\n    }\n  }\n"): (typeof documents)["\n  fragment UserRow on User {\n    id\n    username\n    email\n    volume\n    workspacePath\n    createdAt\n    instance {\n      id\n      state\n      stateAt\n      reason\n      commands\n      queuePlace\n      progress\n      url\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Groups($filter: GroupFilter, $page: PageInput!) {\n    groups(filter: $filter, page: $page) {\n      total\n      items {\n        ...GroupRow\n        users {\n          ...UserRow\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Groups($filter: GroupFilter, $page: PageInput!) {\n    groups(filter: $filter, page: $page) {\n      total\n      items {\n        ...GroupRow\n        users {\n          ...UserRow\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Events {\n    events(page: { size: 1000 }) {\n      items {\n        id\n        eventId\n        title\n      }\n    }\n  }\n"): (typeof documents)["\n  query Events {\n    events(page: { size: 1000 }) {\n      items {\n        id\n        eventId\n        title\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExportGroups {\n    exportGroups\n  }\n"): (typeof documents)["\n  query ExportGroups {\n    exportGroups\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateGroup($input: CreateGroupInput!) {\n    createGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n"): (typeof documents)["\n  mutation CreateGroup($input: CreateGroupInput!) {\n    createGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateGroup($input: UpdateGroupInput!) {\n    updateGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateGroup($input: UpdateGroupInput!) {\n    updateGroup(input: $input) {\n      ...GroupRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteGroup($input: DeleteGroupInput!) {\n    deleteGroup(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteGroup($input: DeleteGroupInput!) {\n    deleteGroup(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      ...UserRow\n    }\n  }\n"): (typeof documents)["\n  mutation CreateUser($input: CreateUserInput!) {\n    createUser(input: $input) {\n      ...UserRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      ...UserRow\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateUser($input: UpdateUserInput!) {\n    updateUser(input: $input) {\n      ...UserRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation TransferUser($input: TransferUserInput!) {\n    transferUser(input: $input) {\n      ...UserRow\n    }\n  }\n"): (typeof documents)["\n  mutation TransferUser($input: TransferUserInput!) {\n    transferUser(input: $input) {\n      ...UserRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteUser($input: DeleteUserInput!) {\n    deleteUser(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteUser($input: DeleteUserInput!) {\n    deleteUser(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation StartUser($input: StartUserInput!) {\n    startUser(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation StartUser($input: StartUserInput!) {\n    startUser(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation StartGroup($input: StartGroupInput!) {\n    startGroup(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation StartGroup($input: StartGroupInput!) {\n    startGroup(input: $input) {\n      error {\n        code\n        message\n      }\n      user {\n        ...UserRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ImportGroups($input: ImportGroupsInput!) {\n    importGroups(input: $input) {\n      applied\n      changes {\n        kind\n        name\n        action\n        detail\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation ImportGroups($input: ImportGroupsInput!) {\n    importGroups(input: $input) {\n      applied\n      changes {\n        kind\n        name\n        action\n        detail\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment InstanceRow on Instance {\n    id\n    groupName\n    username\n    state\n    stateAt\n    reason\n    notice\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n"): (typeof documents)["\n  fragment InstanceRow on Instance {\n    id\n    groupName\n    username\n    state\n    stateAt\n    reason\n    notice\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Instance($id: ID!) {\n    instance(id: $id) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  query Instance($id: ID!) {\n    instance(id: $id) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OwnUsers {\n    viewer {\n      name\n      email\n      role\n      mayStart\n      hasGateway\n      users {\n        id\n        username\n        address\n        group {\n          id\n          name\n          title\n        }\n        instance {\n          ...InstanceRow\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query OwnUsers {\n    viewer {\n      name\n      email\n      role\n      mayStart\n      hasGateway\n      users {\n        id\n        username\n        address\n        group {\n          id\n          name\n          title\n        }\n        instance {\n          ...InstanceRow\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query InstanceLogs($id: ID!, $lines: Int!) {\n    instance(id: $id) {\n      id\n      logs(lines: $lines)\n    }\n  }\n"): (typeof documents)["\n  query InstanceLogs($id: ID!, $lines: Int!) {\n    instance(id: $id) {\n      id\n      logs(lines: $lines)\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Namesakes($group: String!, $username: String!) {\n    instances(filter: { group: $group, search: $username }, page: { size: 200 }) {\n      items {\n        id\n        username\n        volume\n        state\n        endedAt\n      }\n    }\n  }\n"): (typeof documents)["\n  query Namesakes($group: String!, $username: String!) {\n    instances(filter: { group: $group, search: $username }, page: { size: 200 }) {\n      items {\n        id\n        username\n        volume\n        state\n        endedAt\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query People {\n    groups(page: { size: 1000 }) {\n      items {\n        id\n        name\n        users {\n          id\n          username\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query People {\n    groups(page: { size: 1000 }) {\n      items {\n        id\n        name\n        users {\n          id\n          username\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateInstance($input: CreateInstanceInput!) {\n    createInstance(input: $input) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation CreateInstance($input: CreateInstanceInput!) {\n    createInstance(input: $input) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation StartMySandbox($userId: ID!) {\n    startMySandbox(input: { userId: $userId }) {\n      ...InstanceRow\n      user {\n        id\n        instance {\n          id\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation StartMySandbox($userId: ID!) {\n    startMySandbox(input: { userId: $userId }) {\n      ...InstanceRow\n      user {\n        id\n        instance {\n          id\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PauseInstance($id: ID!) {\n    pauseInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation PauseInstance($id: ID!) {\n    pauseInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeInstance($id: ID!) {\n    resumeInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation ResumeInstance($id: ID!) {\n    resumeInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RestartInstance($id: ID!) {\n    restartInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation RestartInstance($id: ID!) {\n    restartInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation KillInstance($id: ID!) {\n    killInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation KillInstance($id: ID!) {\n    killInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RecreateInstance($id: ID!) {\n    recreateInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation RecreateInstance($id: ID!) {\n    recreateInstance(input: { id: $id }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {\n    renewInstance(input: { id: $id, timeoutMinutes: $timeoutMinutes }) {\n      ...InstanceRow\n    }\n  }\n"): (typeof documents)["\n  mutation RenewInstance($id: ID!, $timeoutMinutes: Int!) {\n    renewInstance(input: { id: $id, timeoutMinutes: $timeoutMinutes }) {\n      ...InstanceRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PauseInstances($ids: [ID!]!) {\n    results: pauseInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation PauseInstances($ids: [ID!]!) {\n    results: pauseInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeInstances($ids: [ID!]!) {\n    results: resumeInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation ResumeInstances($ids: [ID!]!) {\n    results: resumeInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation KillInstances($ids: [ID!]!) {\n    results: killInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation KillInstances($ids: [ID!]!) {\n    results: killInstances(input: { ids: $ids }) {\n      id\n      error {\n        code\n        message\n      }\n      instance {\n        ...InstanceRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevealInstancePassword($id: ID!) {\n    revealInstancePassword(input: { id: $id }) {\n      id\n      password\n    }\n  }\n"): (typeof documents)["\n  mutation RevealInstancePassword($id: ID!) {\n    revealInstancePassword(input: { id: $id }) {\n      id\n      password\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteWorkspace($volume: String!, $confirm: String!) {\n    deleteWorkspace(input: { volume: $volume, confirm: $confirm })\n  }\n"): (typeof documents)["\n  mutation DeleteWorkspace($volume: String!, $confirm: String!) {\n    deleteWorkspace(input: { volume: $volume, confirm: $confirm })\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeStatsView on LemonadeStats {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cacheTokens\n    requestsTotal\n    inputTokensTotal\n    outputTokensTotal\n    cpuPercent\n    memoryGib\n    gpuPercent\n    vramGib\n    npuPercent\n  }\n"): (typeof documents)["\n  fragment LemonadeStatsView on LemonadeStats {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cacheTokens\n    requestsTotal\n    inputTokensTotal\n    outputTokensTotal\n    cpuPercent\n    memoryGib\n    gpuPercent\n    vramGib\n    npuPercent\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeSampleView on LemonadeSample {\n    at\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cpuPercent\n  }\n"): (typeof documents)["\n  fragment LemonadeSampleView on LemonadeSample {\n    at\n    timeToFirstToken\n    tokensPerSecond\n    inputTokens\n    outputTokens\n    cpuPercent\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LemonadeSamples {\n    lemonadeStats {\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n"): (typeof documents)["\n  query LemonadeSamples {\n    lemonadeStats {\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadeStatsChanged {\n    lemonadeStatsChanged {\n      ...LemonadeStatsView\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadeStatsChanged {\n    lemonadeStatsChanged {\n      ...LemonadeStatsView\n      samples {\n        ...LemonadeSampleView\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeSlotsView on LemonadeSlots {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    slots {\n      id\n      processing\n      contextSize\n      tokens\n      inputTokens\n      cachedTokens\n      outputTokens\n    }\n  }\n"): (typeof documents)["\n  fragment LemonadeSlotsView on LemonadeSlots {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    slots {\n      id\n      processing\n      contextSize\n      tokens\n      inputTokens\n      cachedTokens\n      outputTokens\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadeSlotsChanged {\n    lemonadeSlotsChanged {\n      ...LemonadeSlotsView\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadeSlotsChanged {\n    lemonadeSlotsChanged {\n      ...LemonadeSlotsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeSystemView on LemonadeSystem {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    os\n    memoryGib\n    devices {\n      kind\n      name\n      available\n      detail\n    }\n    storage {\n      totalBytes\n      freeBytes\n    }\n  }\n"): (typeof documents)["\n  fragment LemonadeSystemView on LemonadeSystem {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    os\n    memoryGib\n    devices {\n      kind\n      name\n      available\n      detail\n    }\n    storage {\n      totalBytes\n      freeBytes\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadeSystemChanged {\n    lemonadeSystemChanged {\n      ...LemonadeSystemView\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadeSystemChanged {\n    lemonadeSystemChanged {\n      ...LemonadeSystemView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeModelsView on LemonadeModels {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    models {\n      name\n      checkpoint\n      recipe\n      labels\n      downloaded\n      custom\n      sizeGib\n      maxContext\n    }\n  }\n"): (typeof documents)["\n  fragment LemonadeModelsView on LemonadeModels {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    models {\n      name\n      checkpoint\n      recipe\n      labels\n      downloaded\n      custom\n      sizeGib\n      maxContext\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadeModelsChanged {\n    lemonadeModelsChanged {\n      ...LemonadeModelsView\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadeModelsChanged {\n    lemonadeModelsChanged {\n      ...LemonadeModelsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input)\n  }\n"): (typeof documents)["\n  mutation DeleteModel($input: DeleteModelInput!) {\n    deleteModel(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadePullsView on LemonadePulls {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    pulls {\n      id\n      model\n      state\n      percent\n      file\n      fileIndex\n      totalFiles\n      bytesDone\n      bytesTotal\n      bytesPerSecond\n      quietSince\n      error\n    }\n  }\n"): (typeof documents)["\n  fragment LemonadePullsView on LemonadePulls {\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    pulls {\n      id\n      model\n      state\n      percent\n      file\n      fileIndex\n      totalFiles\n      bytesDone\n      bytesTotal\n      bytesPerSecond\n      quietSince\n      error\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadePullsChanged {\n    lemonadePullsChanged {\n      ...LemonadePullsView\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadePullsChanged {\n    lemonadePullsChanged {\n      ...LemonadePullsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LemonadeVariants($checkpoint: String!) {\n    lemonadeVariants(checkpoint: $checkpoint) {\n      checkpoint\n      recipe\n      suggestedName\n      suggestedLabels\n      variants {\n        name\n        sizeBytes\n        files\n      }\n      pictureFiles\n    }\n  }\n"): (typeof documents)["\n  query LemonadeVariants($checkpoint: String!) {\n    lemonadeVariants(checkpoint: $checkpoint) {\n      checkpoint\n      recipe\n      suggestedName\n      suggestedLabels\n      variants {\n        name\n        sizeBytes\n        files\n      }\n      pictureFiles\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation PullModel($input: PullModelInput!) {\n    pullModel(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelPull($input: CancelPullInput!) {\n    cancelPull(input: $input)\n  }\n"): (typeof documents)["\n  mutation CancelPull($input: CancelPullInput!) {\n    cancelPull(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeletePull($input: DeletePullInput!) {\n    deletePull(input: $input)\n  }\n"): (typeof documents)["\n  mutation DeletePull($input: DeletePullInput!) {\n    deletePull(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LemonadeStatusView on LemonadeStatus {\n    endpoint\n    openaiUrl\n    hasApiKey\n    hasAdminKey\n    online\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    version\n    model\n    contextSize\n    users\n    loaded {\n      name\n      recipe\n      type\n      state\n      busy\n      alive\n      pinned\n      contextSize\n      slots\n    }\n    loads {\n      model\n      state\n      since\n      by\n      message\n    }\n  }\n"): (typeof documents)["\n  fragment LemonadeStatusView on LemonadeStatus {\n    endpoint\n    openaiUrl\n    hasApiKey\n    hasAdminKey\n    online\n    asOf\n    error {\n      ...UpstreamErrorView\n    }\n    version\n    model\n    contextSize\n    users\n    loaded {\n      name\n      recipe\n      type\n      state\n      busy\n      alive\n      pinned\n      contextSize\n      slots\n    }\n    loads {\n      model\n      state\n      since\n      by\n      message\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription LemonadeStatusChanged {\n    lemonadeStatusChanged {\n      ...LemonadeStatusView\n    }\n  }\n"): (typeof documents)["\n  subscription LemonadeStatusChanged {\n    lemonadeStatusChanged {\n      ...LemonadeStatusView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      model\n    }\n  }\n"): (typeof documents)["\n  mutation LoadModel($input: LoadModelInput!) {\n    loadModel(input: $input) {\n      model\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteModelLoad($input: DeleteModelLoadInput!) {\n    deleteModelLoad(input: $input)\n  }\n"): (typeof documents)["\n  mutation DeleteModelLoad($input: DeleteModelLoadInput!) {\n    deleteModelLoad(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input)\n  }\n"): (typeof documents)["\n  mutation UnloadModel($input: UnloadModelInput!) {\n    unloadModel(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment UpstreamErrorView on UpstreamError {\n    kind\n    message\n    since\n  }\n"): (typeof documents)["\n  fragment UpstreamErrorView on UpstreamError {\n    kind\n    message\n    since\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Lemonade {\n    lemonadeStatus {\n      ...LemonadeStatusView\n    }\n    lemonadeStats {\n      ...LemonadeStatsView\n    }\n    lemonadeSlots {\n      ...LemonadeSlotsView\n    }\n    lemonadeSystem {\n      ...LemonadeSystemView\n    }\n    lemonadeModels {\n      ...LemonadeModelsView\n    }\n    lemonadePulls {\n      ...LemonadePullsView\n    }\n  }\n"): (typeof documents)["\n  query Lemonade {\n    lemonadeStatus {\n      ...LemonadeStatusView\n    }\n    lemonadeStats {\n      ...LemonadeStatsView\n    }\n    lemonadeSlots {\n      ...LemonadeSlotsView\n    }\n    lemonadeSystem {\n      ...LemonadeSystemView\n    }\n    lemonadeModels {\n      ...LemonadeModelsView\n    }\n    lemonadePulls {\n      ...LemonadePullsView\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LinkRow on AccessLink {\n    id\n    createdAt\n    createdBy\n    expiresAt\n    lastUsedAt\n    uses\n    maxUses\n    allowExistingUsers\n    allowNewUsers\n  }\n"): (typeof documents)["\n  fragment LinkRow on AccessLink {\n    id\n    createdAt\n    createdBy\n    expiresAt\n    lastUsedAt\n    uses\n    maxUses\n    allowExistingUsers\n    allowNewUsers\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LinkedUser on User {\n    id\n    username\n    address\n    claimedAt\n    hasLink\n    link {\n      ...LinkRow\n    }\n  }\n"): (typeof documents)["\n  fragment LinkedUser on User {\n    id\n    username\n    address\n    claimedAt\n    hasLink\n    link {\n      ...LinkRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GroupLinks($id: ID!) {\n    group(id: $id) {\n      id\n      name\n      title\n      joinLinks(page: { size: 1000 }) {\n        items {\n          ...LinkRow\n        }\n      }\n      users {\n        ...LinkedUser\n      }\n    }\n    settings {\n      publicUrl\n    }\n  }\n"): (typeof documents)["\n  query GroupLinks($id: ID!) {\n    group(id: $id) {\n      id\n      name\n      title\n      joinLinks(page: { size: 1000 }) {\n        items {\n          ...LinkRow\n        }\n      }\n      users {\n        ...LinkedUser\n      }\n    }\n    settings {\n      publicUrl\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreatePersonalLinks($input: CreatePersonalLinksInput!) {\n    createPersonalLinks(input: $input) {\n      secret\n      user {\n        ...LinkedUser\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreatePersonalLinks($input: CreatePersonalLinksInput!) {\n    createPersonalLinks(input: $input) {\n      secret\n      user {\n        ...LinkedUser\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokePersonalLink($input: RevokePersonalLinkInput!) {\n    revokePersonalLink(input: $input) {\n      ...LinkedUser\n    }\n  }\n"): (typeof documents)["\n  mutation RevokePersonalLink($input: RevokePersonalLinkInput!) {\n    revokePersonalLink(input: $input) {\n      ...LinkedUser\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateJoinLink($input: CreateJoinLinkInput!) {\n    createJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateJoinLink($input: CreateJoinLinkInput!) {\n    createJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RotateJoinLink($input: RotateJoinLinkInput!) {\n    rotateJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation RotateJoinLink($input: RotateJoinLinkInput!) {\n    rotateJoinLink(input: $input) {\n      secret\n      link {\n        ...LinkRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeJoinLink($input: RevokeJoinLinkInput!) {\n    revokeJoinLink(input: $input) {\n      id\n    }\n  }\n"): (typeof documents)["\n  mutation RevokeJoinLink($input: RevokeJoinLinkInput!) {\n    revokeJoinLink(input: $input) {\n      id\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PresentViewer {\n    viewer {\n      name\n      role\n      isSignedIn\n      users {\n        id\n        username\n        group {\n          id\n          name\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query PresentViewer {\n    viewer {\n      name\n      role\n      isSignedIn\n      users {\n        id\n        username\n        group {\n          id\n          name\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment SettingRow on Setting {\n    key\n    value\n    updatedAt\n    updatedBy\n  }\n"): (typeof documents)["\n  fragment SettingRow on Setting {\n    key\n    value\n    updatedAt\n    updatedBy\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ParticipantsMayStart {\n    setting(key: \"participants_may_start\") {\n      ...SettingRow\n    }\n  }\n"): (typeof documents)["\n  query ParticipantsMayStart {\n    setting(key: \"participants_may_start\") {\n      ...SettingRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Addresses {\n    settings {\n      domain\n      externalIp\n      byPath\n    }\n    groups {\n      items {\n        id\n        userCount\n      }\n    }\n  }\n"): (typeof documents)["\n  query Addresses {\n    settings {\n      domain\n      externalIp\n      byPath\n    }\n    groups {\n      items {\n        id\n        userCount\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExampleAddress($groupId: ID!) {\n    group(id: $groupId) {\n      id\n      name\n      users {\n        id\n        username\n        address\n      }\n    }\n  }\n"): (typeof documents)["\n  query ExampleAddress($groupId: ID!) {\n    group(id: $groupId) {\n      id\n      name\n      users {\n        id\n        username\n        address\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateSetting($input: UpdateSettingInput!) {\n    updateSetting(input: $input) {\n      ...SettingRow\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateSetting($input: UpdateSettingInput!) {\n    updateSetting(input: $input) {\n      ...SettingRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription SettingChanged {\n    settingChanged {\n      kind\n      id\n      setting {\n        ...SettingRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription SettingChanged {\n    settingChanged {\n      kind\n      id\n      setting {\n        ...SettingRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ConfigFileRow on ConfigFile {\n    key\n    label\n    hasContent\n    size\n    updatedAt\n    updatedBy\n  }\n"): (typeof documents)["\n  fragment ConfigFileRow on ConfigFile {\n    key\n    label\n    hasContent\n    size\n    updatedAt\n    updatedBy\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ConfigFiles {\n    configFiles {\n      ...ConfigFileRow\n    }\n  }\n"): (typeof documents)["\n  query ConfigFiles {\n    configFiles {\n      ...ConfigFileRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ConfigFileText($key: String!) {\n    configFile(key: $key) {\n      key\n      content\n      updatedAt\n      updatedBy\n    }\n  }\n"): (typeof documents)["\n  query ConfigFileText($key: String!) {\n    configFile(key: $key) {\n      key\n      content\n      updatedAt\n      updatedBy\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CheckConfigFile($key: String!, $content: String!) {\n    checkConfigFile(key: $key, content: $content) {\n      line\n      column\n      message\n    }\n  }\n"): (typeof documents)["\n  query CheckConfigFile($key: String!, $content: String!) {\n    checkConfigFile(key: $key, content: $content) {\n      line\n      column\n      message\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateConfigFile($input: UpdateConfigFileInput!) {\n    updateConfigFile(input: $input) {\n      ...ConfigFileRow\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateConfigFile($input: UpdateConfigFileInput!) {\n    updateConfigFile(input: $input) {\n      ...ConfigFileRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteConfigFile($input: DeleteConfigFileInput!) {\n    deleteConfigFile(input: $input)\n  }\n"): (typeof documents)["\n  mutation DeleteConfigFile($input: DeleteConfigFileInput!) {\n    deleteConfigFile(input: $input)\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription ConfigFileChanged {\n    configFileChanged {\n      kind\n      id\n      configFile {\n        ...ConfigFileRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription ConfigFileChanged {\n    configFileChanged {\n      kind\n      id\n      configFile {\n        ...ConfigFileRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RunningSandboxes($group: String, $page: Int!) {\n    instances(filter: { states: [RUNNING], group: $group }, page: { number: $page, size: 1000 }) {\n      items {\n        id\n        group: groupName\n        username\n      }\n      total\n    }\n  }\n"): (typeof documents)["\n  query RunningSandboxes($group: String, $page: Int!) {\n    instances(filter: { states: [RUNNING], group: $group }, page: { number: $page, size: 1000 }) {\n      items {\n        id\n        group: groupName\n        username\n      }\n      total\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateInstanceFiles($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateInstanceFiles($ids: [ID!]!) {\n    updateInstanceFiles(input: { ids: $ids }) {\n      id\n      instance {\n        id\n        notice\n      }\n      error {\n        message\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;