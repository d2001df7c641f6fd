import { toast } from 'svelte-sonner'

/**
 * Copies text; says so where it could not be, and, given `success`, where it was.
 * @returns whether it was copied
 */
export async function copyText(text: string, success?: string): Promise<boolean> {
  const done = await write(text)
  if (!done) toast.error('This browser did not let it be copied', { description: text })
  else if (success) toast.success(success)
  return done
}

/** The clipboard is only there on https and localhost; a venue's dashboard may be neither. */
async function write(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  }
  const area = document.createElement('textarea')
  area.value = text
  area.style.position = 'fixed'
  ;(document.activeElement?.closest('[role="dialog"]') ?? document.body).append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
