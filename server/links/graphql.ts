import { pageInput, parse, rowsOf } from '../core/input.ts'
import { can } from '../core/permissions.ts'
import { builder } from '../graphql/builder.ts'
import { Page, PageInput, type PageFacts } from '../graphql/page.ts'
import { UserType } from '../groups/graphql.ts'
import type { AccessLink } from '../../prisma/generated/client/client.ts'
import type { LinkEntry } from './entry.ts'
import type { NewJoinLink, PersonalLinkResult } from './model.ts'
import type { LinksService } from './service.ts'

declare module '../graphql/context.ts' {
  interface Services {
    links: LinksService
    linkEntry: LinkEntry
  }
}

const LinkType = builder.prismaObject('AccessLink', {
  description:
    'A link to sign in without an account: the personal link of a user, or a join link of a group. It is `/enter#<secret>`, and only a hash of the secret is stored.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Not the secret.' }),
    user: t.relation('user', { nullable: true, description: 'The user of a personal link; null for a join link.' }),
    group: t.relation('group', { nullable: true, description: 'The group of a join link; null for a personal link.' }),
    allowExistingUsers: t.exposeBoolean('allowExistingUsers', {
      description: 'Whether people may join as a user of the group whom no one has joined as.',
    }),
    allowNewUsers: t.exposeBoolean('allowNewUsers', {
      description: 'Whether people may enter a new name, and become a user of the group.',
    }),
    maxUses: t.exposeInt('maxUses', { nullable: true, description: 'How often it may be used; null for no limit.' }),
    uses: t.exposeInt('uses', { description: 'How often it was used.' }),
    createdBy: t.exposeString('createdBy', { description: 'The organizer who created it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
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
    description: 'When a person first joined as this user by a link. While null, join links offer the name.',
  }),
  hasLink: t.boolean({
    description: 'Whether the user has a personal link. Always false for participants.',
    select: { link: { select: { id: true } } },
    resolve: (user, _args, { viewer }) => can(viewer, 'links.manage') && user.link !== null,
  }),
  link: t.field({
    type: LinkType,
    nullable: true,
    description: 'The personal link, if any. Always null for participants.',
    select: (_args, _context, nested) => ({ link: nested() }),
    resolve: (user, _args, { viewer }) => (can(viewer, 'links.manage') ? user.link : null),
  }),
}))

const newestFirst = [{ createdAt: 'desc' as const }, { id: 'asc' as const }]

const JoinLinkPageType = builder.objectRef<PageFacts & { items: AccessLink[] }>('JoinLinkPage').implement({
  description: 'One page of the join links of a group.',
  interfaces: [Page],
  fields: (t) => ({ items: t.expose('items', { type: [LinkType], description: 'The links of this page.' }) }),
})

builder.prismaObjectField('Group', 'joinLinks', (t) =>
  t.field({
    type: JoinLinkPageType,
    description: 'Links to join the group, newest first, expired ones included. Always empty for participants.',
    args: { page: t.arg({ type: PageInput, description: 'Which page; the first 50 by default.' }) },
    select: ({ page }, { viewer }, nested) => {
      const where = can(viewer, 'links.manage') ? {} : { id: { in: [] } }
      const rows = { ...rowsOf(parse(pageInput, page)), orderBy: newestFirst }
      return { links: nested({ where, ...rows }, ['items']), _count: { select: { links: { where } } } }
    },
    resolve: ({ links, _count }, { page }) => ({ items: links, total: _count.links, ...parse(pageInput, page) }),
  }),
)

const PersonalLinkResultType = builder.objectRef<PersonalLinkResult>('PersonalLinkResult').implement({
  description: "One user's personal link.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'Whose link it is.', resolve: ({ user }) => user }),
    secret: t.exposeString('secret', {
      nullable: true,
      description:
        'The end of the link, `/enter#<secret>`: shown only here. Null when the user had a link, which stays.',
    }),
    link: t.field({ type: LinkType, description: 'What is stored of it.', resolve: ({ link }) => link }),
  }),
})

const NewJoinLinkType = builder.objectRef<NewJoinLink>('NewJoinLink').implement({
  description: 'A join link with its secret.',
  fields: (t) => ({
    secret: t.exposeString('secret', { description: 'The end of the link, `/enter#<secret>`: shown only here.' }),
    link: t.field({ type: LinkType, description: 'What is stored of it.', resolve: ({ link }) => link }),
  }),
})

const CreatePersonalLinksInput = builder.inputType('CreatePersonalLinksInput', {
  description: 'Who gets a personal link.',
  fields: (t) => ({
    userIds: t.idList({ required: true, description: 'The users, 2000 at most.' }),
    replace: t.boolean({
      defaultValue: false,
      description: 'Also replace links that exist: the old ones stop working, and their sessions are closed.',
    }),
  }),
})

const RevokePersonalLinkInput = builder.inputType('RevokePersonalLinkInput', {
  description: 'Whose link to revoke.',
  fields: (t) => ({ userId: t.id({ required: true, description: 'The user.' }) }),
})

builder.mutationFields((t) => ({
  createPersonalLinks: t.field({
    type: [PersonalLinkResultType],
    description: 'Creates a personal link for each user, such as for printed cards: one result per id. For organizers.',
    args: { input: t.arg({ type: CreatePersonalLinksInput, required: true, description: 'For whom.' }) },
    resolve: (_root, { input }, { links, viewer }) =>
      links.createPersonalLinks(viewer, { userIds: input.userIds, replace: input.replace ?? false }),
  }),
  revokePersonalLink: t.field({
    type: UserType,
    description: 'Revokes a personal link and closes its sessions. NOT_FOUND without a link. For organizers.',
    args: { input: t.arg({ type: RevokePersonalLinkInput, required: true, description: 'Whose link.' }) },
    resolve: (_root, { input: { userId } }, { links, viewer }) => links.revokePersonalLink(viewer, userId),
  }),
}))

const CreateJoinLinkInput = builder.inputType('CreateJoinLinkInput', {
  description: 'A new join link. It has to allow existing users, new users, or both.',
  fields: (t) => ({
    groupId: t.id({ required: true, description: 'The group to join.' }),
    allowExistingUsers: t.boolean({
      required: true,
      description: 'Let people join as a user of the group whom no one has joined as.',
    }),
    allowNewUsers: t.boolean({
      required: true,
      description: 'Let people enter a new name, and become a user of the group.',
    }),
    expiresInHours: t.int({ defaultValue: 24, description: 'How long it works, 1 to 8760 hours.' }),
    maxUses: t.int({ description: 'How often it may be used, 1 to 10000; no limit by default.' }),
  }),
})

const RotateJoinLinkInput = builder.inputType('RotateJoinLinkInput', {
  description: 'Which join link gets a new secret.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})

const RevokeJoinLinkInput = builder.inputType('RevokeJoinLinkInput', {
  description: 'Which join link to revoke.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})

builder.mutationFields((t) => ({
  createJoinLink: t.field({
    type: NewJoinLinkType,
    description: 'Creates a link to join a group. For organizers.',
    args: { input: t.arg({ type: CreateJoinLinkInput, required: true, description: 'The link.' }) },
    resolve: (_root, { input: { groupId, expiresInHours, ...rules } }, { links, viewer }) =>
      links.createJoinLink(viewer, groupId, { ...rules, expiresInHours: expiresInHours ?? undefined }),
  }),
  rotateJoinLink: t.field({
    type: NewJoinLinkType,
    description:
      'Gives a join link a new secret; the old one stops working. Rules, expiry and uses stay. For organizers.',
    args: { input: t.arg({ type: RotateJoinLinkInput, required: true, description: 'Which link.' }) },
    resolve: (_root, { input: { id } }, { links, viewer }) => links.rotateJoinLink(viewer, id),
  }),
  revokeJoinLink: t.field({
    type: LinkType,
    description: 'Revokes a join link. People who joined by it stay. For organizers.',
    args: { input: t.arg({ type: RevokeJoinLinkInput, required: true, description: 'Which link.' }) },
    resolve: (_root, { input: { id } }, { links, viewer }) => links.revokeJoinLink(viewer, id),
  }),
}))
