/** THON as a user runs it, without the dashboard, in a process of its own. Ready with its URL; answers every question with its memory. */
import { createApp } from '../../server/app/app.ts'
import { loadEnv } from '../../server/config/env.ts'
import { answer, settledMemory } from './child.ts'

const app = await createApp(loadEnv(process.env), { dashboard: 'none' })
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
answer(app.urls[0], settledMemory)
