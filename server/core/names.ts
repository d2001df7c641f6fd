import { createHash } from 'node:crypto'

/** The rule for group and user names, for messages. */
export const NAME_RULE =
  'must be 1 to 64 letters, digits, spaces, dots, dashes or underscores, and not just "." or ".."'

/** Whether a trimmed name is allowed: letters and digits of any script, space, `. _ -`. */
export function isName(name: string): boolean {
  return Array.from(name).length <= 64 && /^[\p{L}\p{M}\p{N} ._-]+$/u.test(name) && name !== '.' && name !== '..'
}

/**
 * The engine-safe name of a person's volume or container: `<prefix>-<group>-<username>` when that is unambiguous, else a
 * slug, two dashes and a hash.
 *
 * A plain name is unambiguous because its username contains no dash and its group does not end in one: the last dash
 * splits it. A hashed name cannot be mistaken for a plain one, since its last dash follows another.
 */
export function sandboxName(prefix: string, group: string, username: string): string {
  const plain = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
  const unambiguous = plain.test(group) && plain.test(username) && !username.includes('-') && !group.endsWith('-')
  const name = `${prefix}-${group}-${username}`
  return unambiguous && name.length <= 120 ? name : hashedName(prefix, group, username, '')
}

/** The hashed form, different for every salt: for a second person whose plain name is already used. */
export function hashedName(prefix: string, group: string, username: string, salt: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([group, username, salt]))
    .digest('hex')
    .slice(0, 10)
  return `${prefix}-${slug(group)}-${slug(username)}--${hash}`
}

/** ASCII letters, digits and single dashes: what every engine and host name accepts. Never empty. */
export function slug(text: string): string {
  const ascii = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return ascii || 'x'
}

/** Characters of each name in a hashed host label: two of them, three dashes and the hash fit into 63. */
const LABEL_PART = 24

/**
 * The host label of a person's sandbox: `<group>-<username>` when that is unambiguous and valid in DNS, else a slug, two
 * dashes and a hash. Like `sandboxName`, but in lower case and at most 63 characters (RFC 1035, 2.3.4).
 */
export function hostLabel(group: string, username: string): string {
  const plain = `${group}-${username}`
  const unambiguous = /^[a-z0-9](-?[a-z0-9])*$/.test(group) && /^[a-z0-9]+$/.test(username)
  // Labels of digits alone could be read as an IP address by wildcard DNS.
  if (unambiguous && plain.length <= 63 && /[a-z]/.test(plain)) return plain
  const part = (name: string) => slug(name).slice(0, LABEL_PART).replace(/-+$/, '')
  const hash = createHash('sha256')
    .update(JSON.stringify([group, username]))
    .digest('hex')
    .slice(0, 10)
  return `${part(group)}-${part(username)}--${hash}`
}
