import js from '@eslint/js'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

/**
 * The rooms of server/, from the ground up. What a room may import stands in its list; nothing else. `app/` and `cli/` know
 * everything. `core/`, `db/`, `config/`, `upstream/`, `http/`, `graphql/`, `rest/` know no feature.
 */
const GROUND = ['core', 'db', 'config', 'upstream']
const MACHINERY = [...GROUND, 'http', 'graphql', 'rest']
const FEATURE = [...MACHINERY, 'engine', 'activity']
const rooms = {
  core: [],
  db: ['core'],
  config: ['core'],
  upstream: ['core'],
  http: ['core', 'db', 'config'],
  rest: ['core', 'http'],
  graphql: ['core', 'db', 'upstream', 'http'],
  activity: MACHINERY,
  engine: MACHINERY,
  ...Object.fromEntries(
    ['auth', 'gateway', 'groups', 'instances', 'legacy', 'lemonade', 'links', 'proxy', 'settings'].map((feature) => [
      feature,
      FEATURE,
    ]),
  ),
}

/** What features know of each other all the same: the types of the GraphQL schema, which refer to each other, and these. */
const exceptions = ['./graphql.ts']
const everyRoom = [...Object.keys(rooms), 'app', 'cli']

const zones = Object.entries(rooms).flatMap(([room, known]) =>
  everyRoom
    .filter((other) => other !== room && !known.includes(other))
    .map((other) => ({
      target: `./server/${room}`,
      from: `./server/${other}`,
      except: FEATURE.includes(room) ? [] : exceptions,
      message: `server/${room} knows nothing of server/${other}. Take what you need through the constructor; app/ passes it in.`,
    })),
)

export default ts.config(
  {
    ignores: [
      'node_modules',
      'prisma/generated',
      'web/build',
      'web/.svelte-kit',
      'web/src/lib/graphql/generated',
      'server/engine/process/page/*.js',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  // Rules that need types, wherever a tsconfig covers the file.
  {
    files: ['server/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    extends: [ts.configs.strictTypeChecked],
    rules: {
      // Node's types call the socket of a request a Duplex, and that of a server a Socket: both are the same object.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.node } } },
  {
    files: ['web/**'],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-empty': ['error', { allowEmptyCatch: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['server/**/*.ts', 'tests/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': ['error', { maxDepth: 20 }],
    },
  },
  {
    files: ['server/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })] },
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones,
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'dockerode', message: 'Only server/engine/docker/ talks to Docker.' }],
          patterns: [
            {
              group: ['**/prisma/generated/client/client.ts'],
              importNamePattern: '^PrismaClient$',
              message: 'Only db/client.ts opens the database.',
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only config/env.ts reads the environment (main.ts hands it over).',
        },
      ],
    },
  },
  { files: ['server/engine/docker/*.ts', 'server/db/client.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['server/main.ts', 'server/cli/main.ts', 'server/engine/process/page/main.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['tests/**', 'bench/**'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
