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
    "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n  }\n": typeof types.ActivityRowFragmentDoc,
    "\n  query Activity($before: ID, $first: Int, $kind: String, $target: ID) {\n    activity(before: $before, first: $first, kind: $kind, target: $target) {\n      ...ActivityRow\n    }\n  }\n": typeof types.ActivityDocument,
    "\n  subscription ActivityAdded {\n    activityAdded {\n      kind\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n": typeof types.ActivityAddedDocument,
    "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n": typeof types.GroupRowFragmentDoc,
    "\n  query Groups($search: String) {\n    groups(search: $search) {\n      ...GroupRow\n    }\n  }\n": typeof types.GroupsDocument,
    "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n": typeof types.GroupChangedDocument,
    "\n  fragment InstanceRow on Instance {\n    id\n    group\n    username\n    state\n    stateAt\n    reason\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n": typeof types.InstanceRowFragmentDoc,
    "\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n": typeof types.InstancesDocument,
    "\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.InstanceChangedDocument,
    "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n  }\n": typeof types.EngineStateFragmentDoc,
    "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n": typeof types.EngineDocument,
    "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n": typeof types.EngineChangedDocument,
};
const documents: Documents = {
    "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n  }\n": types.ActivityRowFragmentDoc,
    "\n  query Activity($before: ID, $first: Int, $kind: String, $target: ID) {\n    activity(before: $before, first: $first, kind: $kind, target: $target) {\n      ...ActivityRow\n    }\n  }\n": types.ActivityDocument,
    "\n  subscription ActivityAdded {\n    activityAdded {\n      kind\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n": types.ActivityAddedDocument,
    "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n": types.GroupRowFragmentDoc,
    "\n  query Groups($search: String) {\n    groups(search: $search) {\n      ...GroupRow\n    }\n  }\n": types.GroupsDocument,
    "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n": types.GroupChangedDocument,
    "\n  fragment InstanceRow on Instance {\n    id\n    group\n    username\n    state\n    stateAt\n    reason\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n": types.InstanceRowFragmentDoc,
    "\n  query Instances($filter: InstanceFilter, $sort: InstanceSort, $page: PageInput) {\n    instances(filter: $filter, sort: $sort, page: $page) {\n      total\n      number\n      size\n      counts {\n        state\n        count\n      }\n      items {\n        ...InstanceRow\n      }\n    }\n  }\n": types.InstancesDocument,
    "\n  subscription InstanceChanged {\n    instanceChanged {\n      kind\n      id\n      instance {\n        ...InstanceRow\n        user {\n          id\n          instance {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.InstanceChangedDocument,
    "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n  }\n": types.EngineStateFragmentDoc,
    "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n": types.EngineDocument,
    "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n": types.EngineChangedDocument,
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
export function graphql(source: "\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n  }\n"): (typeof documents)["\n  fragment ActivityRow on Activity {\n    id\n    at\n    actor\n    action\n    kind\n    target\n    label\n    outcome\n    detail\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Activity($before: ID, $first: Int, $kind: String, $target: ID) {\n    activity(before: $before, first: $first, kind: $kind, target: $target) {\n      ...ActivityRow\n    }\n  }\n"): (typeof documents)["\n  query Activity($before: ID, $first: Int, $kind: String, $target: ID) {\n    activity(before: $before, first: $first, kind: $kind, target: $target) {\n      ...ActivityRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription ActivityAdded {\n    activityAdded {\n      kind\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription ActivityAdded {\n    activityAdded {\n      kind\n      activity {\n        ...ActivityRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n"): (typeof documents)["\n  fragment GroupRow on Group {\n    id\n    name\n    title\n    userCount\n    createdAt\n    updatedAt\n    event {\n      id\n      eventId\n      title\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Groups($search: String) {\n    groups(search: $search) {\n      ...GroupRow\n    }\n  }\n"): (typeof documents)["\n  query Groups($search: String) {\n    groups(search: $search) {\n      ...GroupRow\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription GroupChanged {\n    groupChanged {\n      kind\n      id\n      group {\n        ...GroupRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment InstanceRow on Instance {\n    id\n    group\n    username\n    state\n    stateAt\n    reason\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n"): (typeof documents)["\n  fragment InstanceRow on Instance {\n    id\n    group\n    username\n    state\n    stateAt\n    reason\n    commands\n    queuePlace\n    progress\n    url\n    port\n    hostPort\n    secure\n    image\n    volume\n    engine\n    ref\n    createdAt\n    startedAt\n    endedAt\n    expiresAt\n  }\n"];
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
export function graphql(source: "\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n  }\n"): (typeof documents)["\n  fragment EngineState on Engine {\n    kind\n    connected\n    since\n    message\n    version\n    image\n    imagePresent\n    cannot\n    notices\n    waiting\n    starting\n    startLimit\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n"): (typeof documents)["\n  query Engine {\n    engine {\n      ...EngineState\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n"): (typeof documents)["\n  subscription EngineChanged {\n    engineChanged {\n      ...EngineState\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;