import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { loadScenario, type Step } from '../kit/conformance/scenario.ts'
import { ExternalServer, type ExternalReply, type RecordedRequest } from '../kit/external-server.ts'
import { conforms } from './conforms.ts'

/** The answers of the upstream server when the recording was made, by the word in the name of a step. */
const MODES: Record<string, ExternalReply> = {
  http500: { status: 500, body: '{"error": {"message": "boom", "type": "server_error"}}' },
  http404: { status: 404, body: '{"error": {"message": "Model not found", "code": "model_not_found"}}' },
  http401: { status: 401, body: 'unauthorized' },
  notjson: { body: '<html>hi</html>', headers: { 'Content-Type': 'text/html' } },
  empty: { body: '', headers: { 'Content-Type': 'application/json' } },
  list: { body: [1, 2] },
  string: { body: '"ok"', headers: { 'Content-Type': 'application/json' } },
  unicode500: { status: 500, body: 'fehler ü🎉' },
}
const JSON_TYPE = { 'Content-Type': 'application/json' }
const HEALTH =
  '{"status": "ok", "model_loaded": "user.m", "all_models_loaded": [{"model_name": "user.m", "pid": 1}], "max_models": {"llm": 1}, "float": 1.0, "big": 12345678901234567890, "none": null, "ü": "🎉"}'
const ANSWERS: Record<string, ExternalReply> = {
  '/v1/models': { body: { object: 'list', data: [{ id: 'user.m', object: 'model' }] } },
  '/v1/health': { body: HEALTH, headers: JSON_TYPE },
  '/v1/stats': { body: { time_to_first_token: 2.14, tokens_per_second: 33.33, input_tokens: 128, output_tokens: 5 } },
  '/v1/system-info': { body: { 'OS Version': 'Linux', devices: { cpu: { name: 'x', cores: 2 } } } },
  '/live': { body: { status: 'alive' } },
  '/v1/slots': {
    body: [
      { id: 0, is_processing: false },
      { id: 1, is_processing: true },
    ],
  },
}

function environmentOf(name: string): Record<string, string> {
  const dir = mkdtempSync(join(tmpdir(), 'thon-lemonade-'))
  const { env } = loadScenario(name)
  const { files } = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', `${name}.json`), 'utf8')) as {
    files: Record<string, string> | null
  }
  for (const [path, content] of Object.entries(files ?? {})) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value.replace('$HOME', dir)]))
}

test('Lemonade’s answers and errors are passed on as recorded', async () => {
  let mode: ExternalReply | undefined
  const answer = ({ path, body }: RecordedRequest): ExternalReply =>
    mode ?? ANSWERS[path.split('?')[0] as string] ?? { body: { status: 'success', echo: body } }
  const at = await ExternalServer.start(answer, 47_921)
  const app = await startApp(environmentOf('lemonade-fake'))
  await conforms(app, 'lemonade-fake', {
    before: ({ name }: Step) => {
      mode = MODES[/, upstream (\w+)$/.exec(name)?.[1] ?? '']
      at.requests.length = 0
      return Promise.resolve()
    },
    after: ({ upstream, request }) => {
      const wanted = (upstream.lemonade ?? []).map(({ method, path, body }) => ({ method, path: unspaced(path), body }))
      const made = at.requests.map(({ method, path, body }) => ({ method, path: unspaced(path), body }))
      // Models and status come from files.
      if (/\/(status|models)$/.test(request.path)) return []
      return JSON.stringify(wanted) === JSON.stringify(made) ? [] : [`asked ${JSON.stringify(made)}`]
    },
  })
  expect(at.requests.every(({ headers }) => headers.authorization === 'Bearer lk-user' && !headers.origin)).toBe(true)
})

test('without Lemonade every operation answers as recorded', async () => {
  await conforms(await startApp({ ...environmentOf('lemonade-offline'), LEMONADE_PORT: '47912' }), 'lemonade-offline')
})

/** The same escape can be written in two ways. */
function unspaced(path: string): string {
  return decodeURIComponent(path)
}
