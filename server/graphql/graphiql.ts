import { createHash } from 'node:crypto'
import type { GraphiQLRenderer, Plugin } from 'graphql-yoga'

/** For answers that are not pages: loads nothing and cannot be framed. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'"

/** What the page loads besides its script: Monaco's styles and pictures, and workers created from its own text. */
const PAGE = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]

/** GraphiQL, under a content security policy that runs its own script only. */
export class Graphiql {
  #policy = NOTHING

  /** The page. Its package is 9 MB and rarely needed, so it is loaded at the first request. */
  readonly render: GraphiQLRenderer = async (options) => {
    const page = (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options)
    const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    this.#policy = [...PAGE, `script-src 'sha256-${hash}'`].join('; ')
    return page
  }

  /** Sets the policy of that page, and the strict one for every other answer. */
  readonly plugin: Plugin = {
    onResponse: ({ response }) => {
      const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false
      response.headers.set('content-security-policy', isPage ? this.#policy : NOTHING)
    },
  }
}
