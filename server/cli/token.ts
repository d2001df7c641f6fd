import { Command, InvalidArgumentError } from 'commander'
import { command, endOf, print, table, withBackend, type Common, type Variables } from './shell.ts'

interface Token {
  id: string
  name: string
  createdBy: string
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

const FIELDS = 'id name createdBy createdAt expiresAt lastUsedAt'

/** `thon token create|list|revoke`: keys for scripts. */
export function tokenCommand(variables: Variables): Command {
  return new Command('token')
    .description('keys by which scripts use the API')
    .exitOverride(endOf)
    .addCommand(
      command('create', 'make one, and print it: it is not told again')
        .argument('<name>', 'what it is for')
        .option('--days <number>', 'how long it is good for', days)
        .action((name: string, options: Common & { days?: number }) => create(variables, name, options)),
    )
    .addCommand(command('list', 'those there are').action((options: Common) => list(variables, options)))
    .addCommand(
      command('revoke', 'take one back: it lets nobody in any more')
        .argument('<id>', 'its id, as the list says')
        .action((id: string, options: Common) => revoke(variables, id, options)),
    )
}

function create(variables: Variables, name: string, options: Common & { days?: number }): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    const { createApiToken } = await backend.ask<{ createApiToken: { token: string; apiToken: Token } }>(
      `mutation ($input: CreateApiTokenInput!) {
        createApiToken(input: $input) { token apiToken { ${FIELDS} } } }`,
      { input: { name, expiresInDays: options.days } },
    )
    const { token, apiToken } = createApiToken
    print(options, { token, ...apiToken }, () => token)
  })
}

function list(variables: Variables, options: Common): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    const query = `{ apiTokens(page: { size: 1000 }) { items { ${FIELDS} } } }`
    const { apiTokens } = await backend.ask<{ apiTokens: { items: Token[] } }>(query)
    const tokens = apiTokens.items
    const day = (moment: string | null) => moment?.slice(0, 10) ?? null
    print(options, tokens, () =>
      tokens.length === 0
        ? 'There are none.'
        : table(
            ['ID', 'NAME', 'MADE BY', 'MADE', 'EXPIRES', 'LAST USED'],
            tokens.map((one) => [
              ...[one.id, one.name, one.createdBy],
              ...[day(one.createdAt), day(one.expiresAt), day(one.lastUsedAt)],
            ]),
          ),
    )
  })
}

function revoke(variables: Variables, id: string, options: Common): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    await backend.ask('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { id } }', { id })
    print(options, { id, revoked: true }, () => 'It lets nobody in any more.')
  })
}

function days(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of days.')
  return Number(text)
}
