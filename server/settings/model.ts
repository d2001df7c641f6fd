import { z } from 'zod'
import type { ConfigFile } from '../../prisma/generated/client/client.ts'
import type { ConfigFileKind } from '../core/config-file-kinds.ts'
import { DOMAIN_RULE, EXTERNAL_IP_RULE, isExternalIp, isHostName } from '../core/host-names.ts'

/** Keys of THON's own settings. */
export const EXTERNAL_IP = 'external_ip'
export const DOMAIN = 'domain'
/** Whether participants may start their own sandboxes; `false` switches it off. */
export const PARTICIPANTS_MAY_START = 'participants_may_start'

/** How other machines reach this server; null for what is not set. */
export interface PresentAddresses {
  externalIp: string | null
  domain: string | null
  /** Where people on other machines reach THON itself, without a slash at the end. */
  publicUrl: string | null
  /** Whether sandboxes share one origin, told apart by path. */
  byPath: boolean
}

/** Keys of config files begin with this; they are not settings. */
export const CONFIG_PREFIX = 'config_'

const LONGEST_KEY = 200
const LONGEST_VALUE = 100_000

const STORABLE = 'must not contain lone surrogates or the character NUL'

/** Lone surrogates cannot be written as UTF-8, and libSQL reads text up to the first NUL only. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** A setting's key: any text that fits on a line. */
export const settingKey = z.object({
  key: z
    .string()
    .min(1, 'must not be empty')
    .max(LONGEST_KEY, `must be at most ${LONGEST_KEY} characters`)
    .refine((key) => !/[\p{Cc}\p{Cs}]/u.test(key), 'must not contain control characters or lone surrogates'),
})

const text = z.string().max(LONGEST_VALUE, `must be at most ${LONGEST_VALUE} characters`).refine(isStorable, STORABLE)

const SWITCH_RULE = 'must be true or false; empty clears it'

/** Settings with rules of their own; empty clears them. */
const RULES = new Map<string, z.ZodType<string>>([
  [EXTERNAL_IP, text.trim().refine((value) => value === '' || isExternalIp(value), EXTERNAL_IP_RULE)],
  [PARTICIPANTS_MAY_START, text.trim().refine((value) => ['', 'true', 'false'].includes(value), SWITCH_RULE)],
  [DOMAIN, text.trim().refine((value) => value === '' || isHostName(value), DOMAIN_RULE)],
])

/** The values that a setting of this key accepts. */
export function settingInput(key: string): z.ZodType<{ value: string }> {
  return z.object({ value: RULES.get(key) ?? text })
}

/** A config file to store. */
export const configFileInput = z.object({
  content: z.string(),
  /** The `updatedAt` that the caller last saw; null when it saw no file. Left out, any stored file is replaced. */
  expectedUpdatedAt: z
    .union([z.date(), z.iso.datetime({ offset: true }).transform((moment) => new Date(moment))], {
      error: 'must be a time in ISO 8601, such as the updatedAt of the file',
    })
    .nullish(),
})

/** The text of a file as it is stored. A separate step: an unknown key is reported before a problem of the text. */
export const fileText = z.object({
  content: z
    .string()
    .transform((content) => content.replace(/^\uFEFF/, ''))
    .refine(isStorable, STORABLE),
})

/** A kind of config file and what is stored of it, without the content, which may hold API keys. */
export interface ConfigFileFacts {
  key: string
  label: string
  /** Whether more than whitespace is stored. */
  hasContent: boolean
  /** Of the content, in bytes of UTF-8. */
  size: number
  /** Null when nothing is stored. */
  updatedAt: Date | null
  /** Null when nothing is stored. */
  updatedBy: string | null
}

/** A kind of config file with its content, which is empty when nothing is stored. */
export interface ConfigFileView extends ConfigFileFacts {
  content: string
}

/** @param row the stored file, if there is one */
export function factsOf(kind: ConfigFileKind, row: ConfigFile | null | undefined): ConfigFileFacts {
  return {
    key: kind.key,
    label: kind.label,
    hasContent: /\S/.test(row?.content ?? ''),
    size: Buffer.byteLength(row?.content ?? ''),
    updatedAt: row?.updatedAt ?? null,
    updatedBy: row?.updatedBy ?? null,
  }
}

/** @param row the stored file, if there is one */
export function viewOf(kind: ConfigFileKind, row: ConfigFile | null): ConfigFileView {
  return { ...factsOf(kind, row), content: row?.content ?? '' }
}
