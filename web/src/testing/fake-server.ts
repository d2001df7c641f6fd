import { Client, fetchExchange, type Exchange } from '@urql/core'

/** A request that waits for its answer. */
interface Asked {
  variables: Record<string, unknown>
  answer: (data: unknown) => Promise<void>
  refuse: (code: string, message?: string) => Promise<void>
  /** As when the connection is lost. */
  breakOff: () => Promise<void>
}

/** The server a client asks, answered by hand. */
export class FakeServer {
  /** Every request so far, oldest first. */
  readonly asked: Asked[] = []

  /** A client that asks this server, through the exchanges. */
  client(exchanges: Exchange[]): Client {
    return new Client({
      url: 'http://thon.test/graphql',
      preferGetMethod: false,
      fetch: (_url, init) => this.#ask(JSON.parse(String(init?.body)) as { variables?: Record<string, unknown> }),
      exchanges: [...exchanges, fetchExchange],
    })
  }

  /** The newest request. */
  get last(): Asked {
    const last = this.asked.at(-1)
    if (!last) throw new Error('Nothing was asked.')
    return last
  }

  #ask({ variables = {} }: { variables?: Record<string, unknown> }): Promise<Response> {
    return new Promise((resolve, reject) => {
      const respond = (body: unknown) => {
        resolve(new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } }))
        return settled()
      }
      this.asked.push({
        variables,
        answer: (data) => respond({ data }),
        refuse: (code, message = 'No.') => respond({ errors: [{ message, extensions: { code } }] }),
        breakOff: () => {
          reject(new TypeError('Failed to fetch'))
          return settled()
        },
      })
    })
  }
}

/** Until a response has gone through the client; it takes only promises, so fake timers do not hold it up. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}
