import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms, NOBODY } from './conforms.ts'

test('answers about instances match the recording without an engine', async () => {
  await conforms(await startApp(NOBODY), 'instances-offline')
})
