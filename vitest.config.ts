import { defineConfig } from 'vitest/config'

/** The server's suites. `tests/run.ts` runs them, with the set-up each needs; the web's own are in web/. */
export default defineConfig({
  // One copy of graphql: Node gives everybody else its CommonJS entry.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    include: ['tests/{unit,api,docker,contract,cli,lemonade,proxies,e2e,code-server}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
