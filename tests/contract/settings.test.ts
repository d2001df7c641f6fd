import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms } from './conforms.ts'

test('settings are read and written as recorded', async () => {
  await conforms(await startApp(), 'instance-settings')
})
