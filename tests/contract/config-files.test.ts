import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms } from './conforms.ts'

test('config files are read, written, uploaded and deleted as recorded', async () => {
  await conforms(await startApp(), 'config-files')
})
