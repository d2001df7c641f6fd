/** THON without the dashboard, in its own process. Its `ready` is its URL; it answers every question with its memory. */
import { createApp } from '../../server/app/app.ts'
import { loadEnv } from '../../server/config/env.ts'
import { answer, settledMemory } from './child.ts'

const app = await createApp(loadEnv(process.env), { dashboard: 'none' })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
answer(app.urls[0], settledMemory)
