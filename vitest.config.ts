import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const web = fileURLToPath(new URL('web/src/', import.meta.url))

/** The server's suites, which `tests/run.ts` runs with the set-up each needs, and the dashboard's tests next to its code. */
export default defineConfig({
  test: {
    projects: [
      {
        // One copy of graphql: Node gives everything else its CommonJS entry.
        resolve: { alias: { graphql: 'graphql/index.js' } },
        test: {
          name: 'server',
          include: ['tests/{unit,api,docker,contract,cli,lemonade,proxies,e2e,code-server}/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [svelte({ configFile: false }), svelteTesting()],
        resolve: {
          alias: [
            { find: '#lib', replacement: `${web}lib` },
            // There is no SvelteKit around a component in a test.
            { find: /^\$app\/\w+$/, replacement: `${web}testing/app.ts` },
          ],
        },
        test: {
          name: 'web',
          include: ['web/src/**/*.test.ts'],
          environment: 'happy-dom',
          setupFiles: [`${web}testing/setup.ts`],
        },
      },
    ],
  },
})
