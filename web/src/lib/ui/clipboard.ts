import { toast } from 'svelte-sonner'

/**
 * Copies text. A toast says when that fails, and, given `success`, when it worked.
 * @returns whether it was copied
 */
export async function copyText(text: string, success?: string): Promise<boolean> {
  const done = await write(text)
  if (!done) toast.error('Could not copy. Select the text and copy it yourself.', { description: text })
  else if (success) toast.success(success)
  return done
}

/** The clipboard is only there on https and localhost; a dashboard at an event may use neither. */
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
