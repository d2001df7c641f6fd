declare module 'node:http' {
  interface IncomingMessage {
    /** Put there by the Node server: answers a GraphQL request in its own process. */
    thonFetch?: (request: Request) => Promise<Response>
  }
}

export {}
