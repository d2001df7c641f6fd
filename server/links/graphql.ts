import { can } from '../core/permissions.ts'
import { builder } from '../graphql/builder.ts'
import { UserType } from '../groups/graphql.ts'
import type { NewJoinLink, PersonalLink } from './model.ts'
import type { LinksService } from './service.ts'
import type { LinkEntry } from './entry.ts'

declare module '../graphql/context.ts' {
  interface Services {
    links: LinksService
    linkEntry: LinkEntry
  }
}

const LinkType = builder.prismaObject('AccessLink', {
  description:
    "A way in without an account: somebody's own, or one that leads into a group. Its address is `/enter#<secret>`; only the secret's hash is kept.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, which is not the secret.' }),
    user: t.relation('user', { nullable: true, description: 'Whose it is; null for a join link.' }),
    group: t.relation('group', {
      nullable: true,
      description: 'The group that a join link leads into; null for a personal link.',
    }),
    allowExistingUsers: t.exposeBoolean('allowExistingUsers', {
      description: 'Whether people may take a name of the group that nobody has taken.',
    }),
    allowNewUsers: t.exposeBoolean('allowNewUsers', {
      description: 'Whether people may give a name of their own, and become a user of the group.',
    }),
    maxUses: t.exposeInt('maxUses', {
      nullable: true,
      description: 'How often it may be used; null is without limit.',
    }),
    uses: t.exposeInt('uses', { description: 'How often it was used.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working; null for never.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used; null for never.',
    }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  claimedAt: t.expose('claimedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When somebody first came by a link as this user; null: join links that offer names offer this one.',
  }),
  hasLink: t.boolean({
    description: 'Whether there is a personal link. Told to organizers; false for others.',
    select: { link: { select: { id: true } } },
    resolve: (user, _args, { viewer }) => can(viewer, 'links.manage') && user.link !== null,
  }),
  link: t.field({
    type: LinkType,
    nullable: true,
    description: 'The personal link; null where there is none. Told to organizers; null for others.',
    select: (_args, _context, nested) => ({ link: nested() }),
    resolve: (user, _args, { viewer }) => (can(viewer, 'links.manage') ? user.link : null),
  }),
}))

builder.prismaObjectField('Group', 'joinLinks', (t) =>
  t.relation('links', {
    description:
      'Links that lead into it, the newest first, those that ran out too. Told to organizers; empty for others.',
    query: (_args, { viewer }) => ({
      where: can(viewer, 'links.manage') ? {} : { id: { in: [] } },
      orderBy: [{ createdAt: 'desc' as const }, { id: 'asc' as const }],
    }),
  }),
)

const NewPersonal = builder.objectRef<PersonalLink>('PersonalLinkResult').implement({
  description: "What became of one user's personal link.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'The user.', resolve: ({ user }) => user }),
    secret: t.exposeString('secret', {
      nullable: true,
      description:
        'What the address `/enter#<secret>` ends in, shown here and never again; null when the user had a link, which stays.',
    }),
    link: t.field({ type: LinkType, description: 'What is kept of it.', resolve: ({ link }) => link }),
  }),
})

const NewJoin = builder.objectRef<NewJoinLink>('NewJoinLink').implement({
  description: 'A join link that was made now.',
  fields: (t) => ({
    secret: t.exposeString('secret', {
      description: 'What the address `/enter#<secret>` ends in, shown here and never again.',
    }),
    link: t.field({ type: LinkType, description: 'What is kept of it.', resolve: ({ link }) => link }),
  }),
})

const itsId = { required: true, description: 'Its id.' } as const

builder.mutationFields((t) => ({
  makePersonalLinks: t.field({
    type: [NewPersonal],
    description:
      'Makes a personal link for each user, such as for cards to be printed: one result per user, in their order. For organizers.',
    args: {
      userIds: t.arg.idList({ required: true, description: 'Ids of the users, 2000 at most.' }),
      replace: t.arg.boolean({
        defaultValue: false,
        description:
          'Replace links that are there: the old ones let nobody in any more, and sessions that came by them end at once.',
      }),
    },
    resolve: (_root, { userIds, replace }, { links, viewer }) =>
      links.personal(viewer, { userIds, replace: replace ?? false }),
  }),
  revokePersonalLink: t.field({
    type: UserType,
    description:
      'Takes a personal link back: it lets nobody in any more, and sessions that came by it end at once. NOT_FOUND where there is none. For organizers.',
    args: { userId: t.arg.id({ required: true, description: 'Id of the user.' }) },
    resolve: (_root, { userId }, { links, viewer }) => links.revokePersonal(viewer, userId),
  }),
  createJoinLink: t.field({
    type: NewJoin,
    description:
      'Makes a link that leads into a group. It has to offer names, to take new ones, or both. For organizers.',
    args: {
      groupId: t.arg.id({ required: true, description: 'Id of the group.' }),
      allowExistingUsers: t.arg.boolean({
        required: true,
        description: 'Let people take a name of the group that nobody has taken.',
      }),
      allowNewUsers: t.arg.boolean({
        required: true,
        description: 'Let people give a name of their own: they become a user of the group.',
      }),
      expiresInHours: t.arg.int({ defaultValue: 24, description: 'How long it works, 1 to 8760 hours.' }),
      maxUses: t.arg.int({ description: 'How often it may be used, 1 to 10000; by default without limit.' }),
    },
    resolve: (_root, { groupId, expiresInHours, ...rules }, { links, viewer }) =>
      links.createJoin(viewer, groupId, { ...rules, expiresInHours: expiresInHours ?? undefined }),
  }),
  rotateJoinLink: t.field({
    type: NewJoin,
    description:
      'Gives a join link another secret: the old one lets nobody in any more; its rules, time and uses stay. For organizers.',
    args: { id: t.arg.id(itsId) },
    resolve: (_root, { id }, { links, viewer }) => links.rotateJoin(viewer, id),
  }),
  revokeJoinLink: t.field({
    type: LinkType,
    description: 'Takes a join link back: it lets nobody else in; whoever came by it stays. For organizers.',
    args: { id: t.arg.id(itsId) },
    resolve: (_root, { id }, { links, viewer }) => links.revokeJoin(viewer, id),
  }),
}))
