import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { loadScenario } from '../kit/conformance/scenario.ts'
import { conforms } from './conforms.ts'

test.each(['gateway-disabled', 'gateway-nokey', 'gateway-unreachable'])('%s is answered as recorded', async (name) => {
  await conforms(await startApp({ ...loadScenario(name).env, GATEWAY_ADMIN_URL: 'http://127.0.0.1:47913' }), name)
})
