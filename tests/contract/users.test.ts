import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms, NOBODY } from './conforms.ts'

test('users are made, changed, listed and deleted as recorded, also while the engine is away', async () => {
  await conforms(await startApp(NOBODY), 'users-crud')
})
