import { startApp, type TestApp } from './app.ts'
import { addGroup } from './groups.ts'
import { running } from './instances.ts'
import { Visitor } from './visitor.ts'

/** Where ann's sandbox is. */
export const ANN = 'alpha-ann.localhost'

/** A server without a login, ann's sandbox, and a browser that has opened it. @param pages what the sandbox answers */
export async function openSandbox(
  pages: TestApp['engine']['pages'],
  { proxyProcess = false, variables = {} }: { proxyProcess?: boolean; variables?: Record<string, string> } = {},
) {
  const app = await startApp(variables, { proxyProcess })
  let serve: TestApp['engine']['pages'] = (_request, response) => response.end('page')
  app.engine.pages = (request, response) => serve?.(request, response)
  await addGroup(app, 'alpha', ['ann'])
  await running(app)
  const visitor = new Visitor(app.url)
  await visitor.open(visitor.origin(ANN))
  serve = pages
  const cookie = `thon-pass=${visitor.cookies.get(ANN)!.get('thon-pass')}`
  return { app, visitor, cookie }
}

/** Answers with these bytes and closes the connection. */
export function bytes(text: string): NonNullable<TestApp['engine']['pages']> {
  return (_request, response) => void response.socket?.end(Buffer.from(text, 'latin1'))
}
