import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { CHAPTERS } from '../../server/config/variables.ts'

const root = join(import.meta.dirname, '../..')

test('compose.yaml passes on known settings only, and every secret', () => {
  const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8')) as {
    services: { thon: { environment: Record<string, unknown> } }
  }
  const passedOn = Object.keys(services.thon.environment)
  const variables = CHAPTERS.flatMap(({ variables }) => variables)
  expect(passedOn.filter((name) => !variables.some((one) => one.name === name))).toEqual([])
  const secrets = variables.filter(({ secret }) => secret).map(({ name }) => name)
  // That one belongs to the OpenSandbox server, which THON does not use.
  const missing = secrets.filter((name) => !passedOn.includes(name) && name !== 'SANDBOX_API_KEY')
  expect(missing).toEqual([])
})
