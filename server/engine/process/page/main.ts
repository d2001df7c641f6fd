/**
 * The built-in editor for a workspace, for machines without code-server. It takes code-server's command line:
 * `main.ts --bind-addr <host>:<port> --auth none|password --disable-telemetry <folder>`, the password in PASSWORD.
 * Exits with 98 when its port is taken.
 */
import { parseArgs } from 'node:util'
import { Access } from './access.ts'
import { Files } from './files.ts'
import { createPage } from './server.ts'

const PORT_TAKEN = 98

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'bind-addr': { type: 'string', default: '127.0.0.1:8080' },
    auth: { type: 'string', default: 'password' },
    'disable-telemetry': { type: 'boolean' },
  },
})
const address = values['bind-addr']
const colon = address.lastIndexOf(':')
const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))]
const password = values.auth === 'none' ? null : process.env.PASSWORD
delete process.env.PASSWORD
// With an empty password, anyone could log in without typing one.
if (password === undefined || password === '') fail(1, 'Set PASSWORD, or pass --auth none.')

const folder = positionals[0] ?? process.cwd()
const server = createPage(new Files(folder), new Access(password, port))
server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE') fail(PORT_TAKEN, `EADDRINUSE: port ${port} of ${host} is taken.`)
  fail(1, error.message)
})
server.listen(port, host, () => console.log(`Built-in editor over ${folder} at http://${address}/`))
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))

function fail(code: number, message: string): never {
  console.error(message)
  process.exit(code)
}
