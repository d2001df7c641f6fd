import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { CHAPTERS } from '../../server/config/variables.ts'

const root = join(import.meta.dirname, '../..')

test('compose.yaml hands on settings that there are, and every secret one', () => {
  const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as {
    services: { thon: { environment: Record<string, unknown> } }
  }
  const handedOn = Object.keys(services.thon.environment)
  const variables = CHAPTERS.flatMap(({ variables }) => variables)
  expect(handedOn.filter((name) => !variables.some((one) => one.name === name))).toEqual([])
  const secrets = variables.filter(({ secret }) => secret).map(({ name }) => name)
  // It names the OpenSandbox server, which is no engine of THON.
  const missing = secrets.filter((name) => !handedOn.includes(name) && name !== 'SANDBOX_API_KEY')
  expect(missing).toEqual([])
})
