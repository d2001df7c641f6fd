import type { Change, Ready } from '../core/events.ts'
import { builder, screaming } from '../graphql/builder.ts'
import { ChangeKind } from '../graphql/change.ts'
import type { ApiToken, Identity } from '../../prisma/generated/client/client.ts'
import type { Choice, SignIn } from './sign-in.ts'
import type { Viewer } from '../core/viewer.ts'
import type { IdentitiesService } from './identities.ts'
import type { TokensService } from './tokens.ts'

declare module '../graphql/context.ts' {
  interface Services {
    identities: IdentitiesService
    tokens: TokensService
    signIn: SignIn
  }
}

const RoleType = builder.enumType('Role', {
  description: 'What somebody may do.',
  values: screaming({
    organizer: { description: 'Everything.' },
    participant: {
      description: 'See and operate the sandbox of the user with their e-mail address, or whose link they came by.',
    },
    waiting: { description: 'Nothing yet: they signed in and wait for an organizer to approve them.' },
    anonymous: { description: 'Nothing: they have to sign in first.' },
  }),
})

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name the activity log shows.' }),
    role: t.expose('role', { type: RoleType, description: 'What they may do.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their verified e-mail address, when known.' }),
    isSignedIn: t.boolean({
      description: 'Whether there is a session that can be ended.',
      resolve: (viewer) => viewer.identityId !== null,
    }),
    users: t.prismaField({
      type: ['User'],
      description: 'The users that this person is, by link or e-mail address; empty for organizers.',
      resolve: (query, viewer, _args, { users }) => users.mine(viewer, query),
    }),
    mayStart: t.boolean({
      description: 'Whether startMySandbox may start one for them at present.',
      resolve: (viewer, _args, { mySandbox }) => mySandbox.mayStart(viewer),
    }),
    hasGateway: t.boolean({
      description: 'Whether the AI gateway is on, so that revealUserKey may have a key for them.',
      resolve: (_viewer, _args, { gateway }) => gateway.isEnabled(),
    }),
  }),
})

const Provider = builder.objectRef<Choice>('AuthProvider').implement({
  description: 'Where people can sign in. Begin with GET /api/auth/login/{name}.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As in addresses: github.' }),
    label: t.exposeString('label', { description: 'As people know it: GitHub.' }),
  }),
})

const SignInOptions = builder.objectRef<SignIn>('SignInOptions').implement({
  description: 'The ways in.',
  fields: (t) => ({
    password: t.boolean({
      description: 'Whether there is a local password, for POST /api/auth/login/local.',
      resolve: (signIn) => signIn.hasPassword,
    }),
    providers: t.field({
      type: [Provider],
      description: 'The providers to choose from.',
      resolve: (signIn) => [...signIn.choices],
    }),
  }),
})

const IdentityType = builder.prismaObject('Identity', {
  description: 'Somebody who signed in.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The provider and the id there, such as github:1; `local` is the local password, link:<id> a user who came by a link.',
    }),
    provider: t.exposeString('provider', {
      description: 'Where they signed in; `link` for a link, where they are participants.',
    }),
    displayName: t.exposeString('displayName', { description: 'Their name there.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their verified e-mail address, when known.' }),
    role: t.field({ type: RoleType, description: 'What they may do.', resolve: (row) => row.role }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they first signed in.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'When they last signed in.' }),
  }),
})

const TokenType = builder.objectRef<ApiToken>('ApiToken').implement({
  description:
    'A key for scripts: `Authorization: Bearer <token>`, for REST and GraphQL, with the rights of an organizer.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, which is not the token.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it stops working.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null for never.',
    }),
  }),
})

const NewToken = builder.objectRef<{ token: string; row: ApiToken }>('NewApiToken').implement({
  description: 'A token that was made now.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'The token itself, shown here and never again.' }),
    apiToken: t.field({ type: TokenType, description: 'What is kept of it.', resolve: ({ row }) => row }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    type: ViewerType,
    description: 'Who is asking. Open to everybody.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
  signInOptions: t.field({
    type: SignInOptions,
    description: 'The ways in. Open to everybody.',
    resolve: (_root, _args, { signIn }) => signIn,
  }),
  identities: t.field({
    type: [IdentityType],
    description: 'Everybody who signed in: those who wait to be let in first. For organizers.',
    resolve: (_root, _args, { identities, viewer }) => identities.list(viewer),
  }),
  apiTokens: t.field({
    type: [TokenType],
    description: 'Keys for scripts, the newest first. For organizers.',
    resolve: (_root, _args, { tokens, viewer }) => tokens.list(viewer),
  }),
}))

builder.mutationFields((t) => ({
  setRole: t.field({
    type: IdentityType,
    description: 'Lets somebody in, or with `none` out, at once. CONFLICT for the last organizer.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the identity.' }),
      role: t.arg({ type: RoleType, required: true, description: 'organizer, participant or none.' }),
    },
    resolve: (_root, { id, role }, { identities, viewer }) => identities.setRole(viewer, id, role),
  }),
  createApiToken: t.field({
    type: NewToken,
    description: 'Makes a key for scripts.',
    args: {
      name: t.arg.string({ required: true, description: 'What it is for, 1 to 100 characters.' }),
      expiresInDays: t.arg.int({ defaultValue: 30, description: 'How long it works, 1 to 365 days.' }),
    },
    resolve: (_root, args, { tokens, viewer }) => tokens.create(viewer, args),
  }),
  revokeApiToken: t.field({
    type: TokenType,
    description: 'Takes a key back, at once.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, { tokens, viewer }) => tokens.revoke(viewer, id),
  }),
}))

const IdentityChange = builder.objectRef<Change<Identity> | Ready>('IdentityChange').implement({
  description: 'One change to those who signed in.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ChangeKind, description: 'What happened.' }),
    id: t.exposeID('id', { nullable: true, description: 'Whom it happened to; null when READY.' }),
    identity: t.field({
      type: IdentityType,
      nullable: true,
      description: 'As it is now; null when READY.',
      resolve: (change) => change.row,
    }),
  }),
})

builder.subscriptionField('identityChanged', (t) =>
  t.field({
    type: IdentityChange,
    description: 'Who signs in, and who is let in or out. For organizers.',
    subscribe: (_root, _args, { identities, viewer }) => identities.changes(viewer),
    resolve: (change) => change,
  }),
)
