import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { isTooDeep, isTooDeepValue } from '../core/json-depth.ts'

/** A Yoga plugin that refuses requests whose JSON is nested too deeply: a body before it is parsed. */
export const jsonLimit: Plugin = {
  onRequestParse: ({ request, requestParser, setRequestParser }) => {
    if (!requestParser || request.method !== 'POST') return
    setRequestParser(async (sent) => {
      const text = await sent.text()
      if (isTooDeep(text)) throw tooDeep()
      // These two are all that Yoga's parsers of bodies read.
      const read = { json: () => JSON.parse(text) as unknown, text: () => Promise.resolve(text) }
      return requestParser(read as unknown as Request)
    })
  },
  // Forms and addresses have JSON inside another notation.
  onParams: ({ params }) => {
    if (isTooDeepValue(params.variables) || isTooDeepValue(params.extensions)) throw tooDeep()
  },
}

function tooDeep(): GraphQLError {
  return new GraphQLError('The request is nested too deeply.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  })
}
