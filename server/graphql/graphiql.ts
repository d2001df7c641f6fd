import { createHash } from 'node:crypto'
import type { GraphiQLRenderer, Plugin } from 'graphql-yoga'

/** Nothing is loaded, and nobody frames it: for answers that are no pages. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'"

/** What the page is made of besides its script: styles and pictures of Monaco, and workers it makes of its own text. */
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

/** GraphiQL, under a policy by which no script runs but its own. */
export class Graphiql {
  #policy = NOTHING

  /** The page. Its package is 9 MB of text, and few ever open it. */
  readonly render: GraphiQLRenderer = async (options) => {
    const page = (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options)
    const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    this.#policy = [...PAGE, `script-src 'sha256-${hash}'`].join('; ')
    return page
  }

  /** Tells browsers the policy of that page, and of every other answer that it is none. */
  readonly plugin: Plugin = {
    onResponse: ({ response }) => {
      const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false
      response.headers.set('content-security-policy', isPage ? this.#policy : NOTHING)
    },
  }
}
