import type { OpenAPIHono } from '@hono/zod-openapi'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { RestEnv } from './operation.ts'

/** The only files of the package that the page loads. */
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>THON REST API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null })\n`

/** Swagger UI writes styles and pictures into the page itself; scripts come from this server only. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `/openapi.json`, and Swagger UI at `/docs` with the assets of its package. */
export function docsRoutes(app: OpenAPIHono<RestEnv>, sessionCookie: string): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  let manual: string | undefined
  app.get('/openapi.json', (c) => {
    manual ??= JSON.stringify(openapi(app, sessionCookie))
    return c.body(manual, 200, { 'Content-Type': 'application/json' })
  })
  app.get('/docs', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': POLICY }))
  app.get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/docs/:asset', async (c) => {
    const name = c.req.param('asset')
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
    if (!type) return c.notFound()
    return c.body(new Uint8Array(await readFile(join(folder, name))), 200, {
      'Content-Type': type,
      'Cache-Control': 'public, max-age=86400',
    })
  })
}

/** The OpenAPI document, built from the declared operations. */
function openapi(app: OpenAPIHono<RestEnv>, sessionCookie: string): object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    ...{ type: 'apiKey', in: 'cookie', name: sessionCookie },
    description:
      'The cookie of a sign-in; over https its name is `__Host-session`. Not needed when no login is configured.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    ...{ type: 'http', scheme: 'bearer' },
    description: 'An API token, created by an organizer in Settings.',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'THON REST API',
      version: '1',
      description:
        'The API that scripts for the Python THON use, unchanged. The dashboard and the GraphQL API follow the same rules. ' +
        'In addition to what each operation says: any other path answers 404 and any other method 405, both with `detail`; ' +
        'a trailing slash is redirected with 307.',
    },
    security: [{ session: [] }, { token: [] }, {}],
    tags: [
      { name: 'auth', description: 'Signing in and out.' },
      { name: 'instances', description: 'Sandboxes: each is a VS Code in the browser for one user.' },
      { name: 'groups', description: 'Groups, their users and the events they belong to.' },
      { name: 'users', description: 'Users across all groups.' },
      { name: 'settings', description: 'Named values that live in the database.' },
      { name: 'lemonade', description: 'The LLM server: its answers, passed on, and its commands.' },
      { name: 'gateway', description: 'The AI gateway (APISIX): its route, its consumers and their keys.' },
      { name: 'config files', description: 'The three configuration files: groups, Kilo Code and VS Code settings.' },
    ],
  })
}
