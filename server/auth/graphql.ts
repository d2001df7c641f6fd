import type { Change as RowChange, Ready } from '../core/events.ts'
import { builder, screaming } from '../graphql/builder.ts'
import { Change } from '../graphql/change.ts'
import { Page, PageInput } from '../graphql/page.ts'
import type { ApiToken, Identity } from '../../prisma/generated/client/client.ts'
import type { SignIn, SignInProvider } from './sign-in.ts'
import type { Viewer } from '../core/viewer.ts'
import type { IdentitiesService, IdentityPage } from './identities.ts'
import type { ApiTokenPage, TokensService } from './tokens.ts'

declare module '../graphql/context.ts' {
  interface Services {
    identities: IdentitiesService
    tokens: TokensService
    signIn: SignIn
  }
}

const RoleType = builder.enumType('Role', {
  description: 'What a person may do.',
  values: screaming({
    organizer: { description: 'Everything.' },
    participant: {
      description: 'See and operate the sandbox of the user with their e-mail address, or whose link they joined by.',
    },
    waiting: { description: 'Nothing: they signed in and wait for approval, or were suspended.' },
    anonymous: { description: 'Nothing: they have to sign in first.' },
  }),
})

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name that the activity log shows.' }),
    role: t.expose('role', { type: RoleType, description: 'What they may do.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their verified e-mail address, when known.' }),
    isSignedIn: t.boolean({
      description: 'Whether they have a session, so that they can sign out.',
      resolve: (viewer) => viewer.identityId !== null,
    }),
    users: t.prismaField({
      type: ['User'],
      description: 'The users that this person is, by link or e-mail address; empty for organizers.',
      resolve: (query, viewer, _args, { users }) => users.mine(viewer, query),
    }),
    mayStart: t.boolean({
      description: 'Whether startMySandbox may start a sandbox for them right now.',
      resolve: (viewer, _args, { mySandbox }) => mySandbox.mayStart(viewer),
    }),
    hasGateway: t.boolean({
      description: 'Whether the AI gateway is on, so that revealUserKey may have a key for them.',
      resolve: (_viewer, _args, { gateway }) => gateway.isEnabled(),
    }),
  }),
})

const Provider = builder.objectRef<SignInProvider>('AuthProvider').implement({
  description: 'A service that people can sign in with. Start with GET /api/auth/login/{name}.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name in addresses: github.' }),
    label: t.exposeString('label', { description: 'The name people know: GitHub.' }),
  }),
})

const SignInOptions = builder.objectRef<SignIn>('SignInOptions').implement({
  description: 'How people can sign in here. With neither a password nor providers there is no login.',
  fields: (t) => ({
    password: t.boolean({
      description: 'Whether there is a local password, for POST /api/auth/login/local.',
      resolve: (signIn) => signIn.hasPassword,
    }),
    providers: t.field({
      type: [Provider],
      description: 'The configured providers, in the order to show them.',
      resolve: (signIn) => [...signIn.providers],
    }),
  }),
})

const IdentityType = builder.prismaObject('Identity', {
  description: 'A person who signed in.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The provider and the id there, such as github:1. `local` is everyone with the local password; link:<id> is a user who joined by a link.',
    }),
    provider: t.exposeString('provider', {
      description: 'What they signed in with: github, gitlab, linkedin, local or link.',
    }),
    displayName: t.exposeString('displayName', { description: 'Their name at the provider.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their verified e-mail address, when known.' }),
    role: t.field({ type: RoleType, description: 'What they may do.', resolve: (row) => row.role }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they first signed in.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'When they last signed in.' }),
  }),
})

const IdentityPageType = builder.objectRef<IdentityPage>('IdentityPage').implement({
  description: 'One page of the people who signed in.',
  interfaces: [Page],
  fields: (t) => ({
    items: t.field({ type: [IdentityType], description: 'The people on this page.', resolve: ({ items }) => items }),
  }),
})

const IdentityFilter = builder.inputType('IdentityFilter', {
  description: 'Which people to list.',
  fields: (t) => ({
    roles: t.field({ type: [RoleType], description: 'Only people with one of these roles; empty means all.' }),
  }),
})

const TokenType = builder.objectRef<ApiToken>('ApiToken').implement({
  description:
    'A key for scripts: `Authorization: Bearer <token>`, for REST and GraphQL, with the permissions of an organizer.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the token to revokeApiToken; it is not the token.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    createdBy: t.exposeString('createdBy', { description: 'The name of the person or token that created it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it stops working.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null for never.',
    }),
  }),
})

const ApiTokenPageType = builder.objectRef<ApiTokenPage>('ApiTokenPage').implement({
  description: 'One page of API tokens.',
  interfaces: [Page],
  fields: (t) => ({
    items: t.field({ type: [TokenType], description: 'The tokens on this page.', resolve: ({ items }) => items }),
  }),
})

const NewToken = builder.objectRef<{ token: string; row: ApiToken }>('NewApiToken').implement({
  description: 'A token that was just created.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'The token itself, which is never shown again.' }),
    apiToken: t.field({ type: TokenType, description: 'What is stored about it.', resolve: ({ row }) => row }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    type: ViewerType,
    description: 'Who is asking. Needs no login.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
  signInOptions: t.field({
    type: SignInOptions,
    description: 'How people can sign in here. Needs no login.',
    resolve: (_root, _args, { signIn }) => signIn,
  }),
  identities: t.field({
    type: IdentityPageType,
    description: 'The people who signed in, the most recent sign-in first. For organizers.',
    args: {
      filter: t.arg({ type: IdentityFilter, description: 'Which people; all by default.' }),
      page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }),
    },
    resolve: (_root, args, { identities, viewer }) => identities.list(viewer, args),
  }),
  apiTokens: t.field({
    type: ApiTokenPageType,
    description: 'Keys for scripts, the newest first, expired ones included. For organizers.',
    args: { page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }) },
    resolve: (_root, args, { tokens, viewer }) => tokens.list(viewer, args),
  }),
}))

const UpdateIdentityInput = builder.inputType('UpdateIdentityInput', {
  description: 'The role that a person gets.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Id of the identity.' }),
    role: t.field({
      type: RoleType,
      required: true,
      description: 'ORGANIZER or PARTICIPANT approves them; WAITING suspends them.',
    }),
  }),
})

const CreateApiTokenInput = builder.inputType('CreateApiTokenInput', {
  description: 'A new key for scripts.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for, 1 to 100 characters.' }),
    expiresInDays: t.int({ defaultValue: 30, description: 'How long it works, 1 to 365 days.' }),
  }),
})

const RevokeApiTokenInput = builder.inputType('RevokeApiTokenInput', {
  description: 'Which token to revoke.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Id of the token.' }) }),
})

const SignOutInput = builder.inputType('SignOutInput', {
  description: 'What to sign out.',
  fields: (t) => ({
    everywhere: t.boolean({
      defaultValue: false,
      description:
        'Every session of this person, on all devices. With the local password: of everyone who signed in with it.',
    }),
  }),
})

builder.mutationFields((t) => ({
  createLocalPassword: t.string({
    description:
      'Generates the local password of a server without a login, shows it only now, and signs you in. From then on people have to sign in. CONFLICT when there is a login. For organizers.',
    resolve: async (_root, _args, { signIn, viewer, setCookie }) => {
      const { password, cookie } = await signIn.createPassword(viewer)
      setCookie(cookie)
      return password
    },
  }),
  signOut: t.boolean({
    description: 'Ends your session, closes what is open in its name, and deletes its cookie. API tokens stay.',
    args: { input: t.arg({ type: SignOutInput, description: 'This browser only by default.' }) },
    resolve: async (_root, { input }, { signIn, viewer, setCookie }) => {
      setCookie(await signIn.signOut(viewer, input?.everywhere ?? false))
      return true
    },
  }),
  updateIdentity: t.field({
    type: IdentityType,
    description: 'Approves, promotes, demotes or suspends a person, at once. CONFLICT for the last organizer.',
    args: { input: t.arg({ type: UpdateIdentityInput, required: true, description: 'Who, and the new role.' }) },
    resolve: (_root, { input }, { identities, viewer }) => identities.update(viewer, input),
  }),
  createApiToken: t.field({
    type: NewToken,
    description: 'Creates a key for scripts.',
    args: { input: t.arg({ type: CreateApiTokenInput, required: true, description: 'Its name and lifetime.' }) },
    resolve: (_root, { input }, { tokens, viewer }) => tokens.create(viewer, input),
  }),
  revokeApiToken: t.field({
    type: TokenType,
    description: 'Makes a token useless, at once.',
    args: { input: t.arg({ type: RevokeApiTokenInput, required: true, description: 'Which token.' }) },
    resolve: (_root, { input }, { tokens, viewer }) => tokens.revoke(viewer, input.id),
  }),
}))

const IdentityChange = builder.objectRef<RowChange<Identity> | Ready>('IdentityChange').implement({
  description: 'One change of a person who signed in.',
  interfaces: [Change],
  fields: (t) => ({
    identity: t.field({
      type: IdentityType,
      nullable: true,
      description: 'The person as they are now; null with READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('identityChanged', (t) =>
  t.field({
    type: IdentityChange,
    description: 'Every sign-in, and every approval and suspension. For organizers.',
    subscribe: (_root, _args, { identities, viewer }) => identities.changes(viewer),
    resolve: (change) => change,
  }),
)
