import { BadBody } from './body.ts'
import { missingError, Unprocessable } from './validation-errors.ts'

/**
 * The file of a form, as FastAPI reads it for an `UploadFile`.
 * @throws Unprocessable when the field holds no file, BadBody for a malformed form
 */
export async function uploadedFile(bytes: Buffer, contentType: string | undefined, field: string): Promise<Uint8Array> {
  const absent = new Unprocessable([missingError(['body', field], null)])
  if (!/^\s*multipart\/form-data/i.test(contentType ?? '')) throw absent
  if (!/;\s*boundary=/i.test(contentType ?? '')) throw new BadBody(400, 'Missing boundary in multipart.')
  const form = new Response(new Uint8Array(bytes), { headers: { 'Content-Type': contentType ?? '' } }).formData()
  const value = (await form.catch(() => null))?.get(field) ?? null
  if (value === null) throw absent
  if (typeof value !== 'string') return new Uint8Array(await value.arrayBuffer())
  throw new Unprocessable([
    {
      type: 'value_error',
      loc: ['body', field],
      msg: "Value error, Expected UploadFile, received: <class 'str'>",
      input: value,
      ctx: { error: {} },
    },
  ])
}
