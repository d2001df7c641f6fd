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
      `mutation ($name: String!, $expiresInDays: Int) {
        createApiToken(name: $name, expiresInDays: $expiresInDays) { token apiToken { ${FIELDS} } } }`,
      { name, expiresInDays: options.days },
    )
    const { token, apiToken } = createApiToken
    print(options, { token, ...apiToken }, () => token)
  })
}

function list(variables: Variables, options: Common): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    const { apiTokens } = await backend.ask<{ apiTokens: Token[] }>(`{ apiTokens { ${FIELDS} } }`)
    const day = (moment: string | null) => moment?.slice(0, 10) ?? null
    print(options, apiTokens, () =>
      apiTokens.length === 0
        ? 'There are none.'
        : table(
            ['ID', 'NAME', 'MADE BY', 'MADE', 'EXPIRES', 'LAST USED'],
            apiTokens.map((one) => [
              ...[one.id, one.name, one.createdBy],
              ...[day(one.createdAt), day(one.expiresAt), day(one.lastUsedAt)],
            ]),
          ),
    )
  })
}

function revoke(variables: Variables, id: string, options: Common): Promise<void> {
  return withBackend(variables, options, async (backend) => {
    await backend.ask('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', { id })
    print(options, { id, revoked: true }, () => 'It lets nobody in any more.')
  })
}

function days(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number of days.')
  return Number(text)
}
