/** A server in its own process, which tests can kill: like main.ts, but without a dashboard. Prints its URL. */
import { createApp } from '../../server/app/app.ts'
import { obeySignals } from '../../server/app/start.ts'
import { loadEnv } from '../../server/config/env.ts'

const app = await createApp(loadEnv(process.env), { dashboard: 'none' })
console.log(app.urls[0])
obeySignals(app, process.env, () => undefined)
