import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms, NOBODY } from './conforms.ts'

test('instances are answered as recorded while the engine is away', async () => {
  await conforms(await startApp(NOBODY), 'instances-offline')
})
