import { z } from 'zod'

/** A port to listen on; 0 picks a free one. */
export const port = z
  .string()
  .regex(/^\d+$/, 'must be a port number')
  .transform(Number)
  .pipe(z.number().max(65535, 'must be 0 to 65535'))

/** The name of a Docker image. */
export const imageName = z
  .string()
  .regex(/^[\w][\w.\-/:@]{0,254}$/, 'must be an image name such as waterpistol/thon:latest')

/** A port to connect to. */
export const onePort = port.refine((number) => number > 0, 'must be 1 to 65535')

/** A whole number within limits, both included. */
export function whole(least: number, most: number) {
  const rule = `must be a whole number from ${least} to ${most}`
  return z.string().regex(/^\d+$/, rule).transform(Number).pipe(z.number().min(least, rule).max(most, rule))
}

/** A size as Docker writes it, a number with b, k, m or g; the result is in bytes. */
export const size = z
  .string()
  .regex(/^\d+(\.\d+)?[bkmg]?$/i, 'must be a size such as 512m or 2g, or 0 for no limit')
  .transform((text) => {
    const unit = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[text.slice(-1).toLowerCase()] ?? 1
    return Math.round(Number.parseFloat(text) * unit)
  })
  .refine((bytes) => bytes >= 6 * 1024 ** 2, 'must be at least 6m, or 0 for no limit')

const CPUS_RULE = 'must be a number from 0.01 to 1024, or 0 for no limit'

/** A number of CPUs, as Docker counts them: 0.5 is half of one. */
export const processors = z
  .string()
  .regex(/^\d+(\.\d+)?$/, CPUS_RULE)
  .transform(Number)
  .pipe(z.number().min(0.01, CPUS_RULE).max(1024, CPUS_RULE))

/** An http or https URL; trailing slashes are removed. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL such as https://thon.example' })
  .transform((url) => url.replace(/\/+$/, ''))

/** A URL to which secrets are sent: https, or http on this machine. */
export const providerUrl = httpUrl.refine((url) => {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || isLoopback(hostname)
}, 'must begin with https://')

/** `true`, `1`, `yes` or `on`, or their opposites. */
export const onOff = z.stringbool('must be true or false')

/** A list separated by commas; empty entries are left out. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)

/** Whether an address to listen on can be reached only from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}
