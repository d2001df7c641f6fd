import { test } from 'vitest'
import { startApp } from '../kit/app.ts'
import { conforms, NOBODY } from './conforms.ts'

test('users are created, changed, listed and deleted as recorded, engine offline', async () => {
  await conforms(await startApp(NOBODY), 'users-crud')
})
