import { InvalidArgumentError, type Command } from 'commander'
import { command, commandGroup, print, table, withBackend, type CommonOptions, type Variables } from './shell.ts'

interface ApiToken {
  id: string
  name: string
  createdBy: string
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

type CreateOptions = CommonOptions & { days?: number }

const FIELDS = 'id name createdBy createdAt expiresAt lastUsedAt'

/** `thon token create|list|revoke`: API tokens for scripts. */
export function tokenCommand(variables: Variables): Command {
  return commandGroup('token', 'API tokens for scripts')
    .addCommand(
      command('create', 'create a token and print it; it is shown only this once')
        .argument('<name>', 'what it is for')
        .option('--days <number>', 'days until it expires', wholeDays)
        .action((name: string, options: CreateOptions) => create(variables, name, options)),
    )
    .addCommand(command('list', 'list all tokens').action((options: CommonOptions) => list(variables, options)))
    .addCommand(
      command('revoke', 'revoke a token, at once')
        .argument('<id>', 'its id, from the list')
        .action((id: string, options: CommonOptions) => revoke(variables, id, options)),
    )
}

function create(variables: Variables, name: string, options: CreateOptions): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    const { createApiToken } = await backend.ask<{ createApiToken: { token: string; apiToken: ApiToken } }>(
      `mutation ($input: CreateApiTokenInput!) {
        createApiToken(input: $input) { token apiToken { ${FIELDS} } } }`,
      { input: { name, expiresInDays: options.days } },
    )
    const { token, apiToken } = createApiToken
    print(options, { token, ...apiToken }, () => token)
  })
}

function list(variables: Variables, options: CommonOptions): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    const query = `{ apiTokens(page: { size: 1000 }) { items { ${FIELDS} } } }`
    const { items: apiTokens } = (await backend.ask<{ apiTokens: { items: ApiToken[] } }>(query)).apiTokens
    const day = (time: string | null) => time?.slice(0, 10) ?? null
    print(options, apiTokens, () =>
      apiTokens.length === 0
        ? 'There are no tokens.'
        : table(
            ['ID', 'NAME', 'CREATED BY', 'CREATED', 'EXPIRES', 'LAST USED'],
            apiTokens.map((one) => [
              ...[one.id, one.name, one.createdBy],
              ...[day(one.createdAt), day(one.expiresAt), day(one.lastUsedAt)],
            ]),
          ),
    )
  })
}

function revoke(variables: Variables, id: string, options: CommonOptions): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    await backend.ask('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { id } }', { id })
    print(options, { id, revoked: true }, () => 'The token is revoked.')
  })
}

function wholeDays(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of days.')
  return Number(text)
}
