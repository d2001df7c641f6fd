import type { OpenAPIHono } from '@hono/zod-openapi'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { RestEnv } from './operation.ts'

/** What the manual's page loads, and nothing else of the package. */
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

/** Styles and pictures are written into the page by Swagger UI itself; scripts come from here alone. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `/openapi.json`, and Swagger UI over it at `/docs` with the assets of its package. */
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

/** The manual, made of what the operations declare. */
function openapi(app: OpenAPIHono<RestEnv>, sessionCookie: string): object {
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    ...{ type: 'apiKey', in: 'cookie', name: sessionCookie },
    description:
      'The cookie of a sign-in, on https called `__Host-session`. Neither is needed where no login is configured.',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    ...{ type: 'http', scheme: 'bearer' },
    description: 'An API token, made by an organizer under Settings.',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'THON REST API',
      version: '1',
      description:
        'What scripts for the Python THON know, unchanged. The dashboard and its GraphQL API share every rule. ' +
        'Besides what each operation says: any other path answers 404 and any other method 405, both with `detail`; ' +
        'a slash at the end is redirected with 307.',
    },
    security: [{ session: [] }, { token: [] }, {}],
    tags: [
      { name: 'auth', description: 'Signing in and out.' },
      { name: 'instances', description: 'Sandboxes: one VS Code in the browser for one user each.' },
      { name: 'groups', description: 'Groups, their users and the events they belong to.' },
      { name: 'users', description: 'Users across all groups.' },
      { name: 'settings', description: 'Named values that live in the database.' },
      { name: 'lemonade', description: 'The LLM server: what it says, passed on, and its commands.' },
      { name: 'gateway', description: 'The AI gateway (APISIX): its route, its consumers and their keys.' },
      { name: 'config files', description: 'The three files that are put into sandboxes and groups.' },
    ],
  })
}
