import type { GatewaySettingsInput, GatewaySettingsViewFragment } from '#lib/graphql/generated/graphql.ts'

/** The settings while they are edited. Secrets are null until somebody replaces or removes them. */
export interface SettingsDraft {
  enabled: boolean
  mode: string
  tokenLimit: number | null
  timeWindow: number | null
  redisHost: string
  redisPort: number | null
  redisPassword: string | null
  lemonadeUrl: string
  lemonadeApiKey: string | null
  lemonadeModel: string
  adminUrl: string
  adminKey: string | null
  proxyPort: number | null
}

/** What is edited, as it is now. */
export function draftOf(settings: GatewaySettingsViewFragment): SettingsDraft {
  const { enabled, mode, tokenLimit, timeWindow, redisPort, lemonadeUrl, adminUrl, proxyPort } = settings
  return {
    ...{ enabled, mode, tokenLimit, timeWindow, redisPort, lemonadeUrl, adminUrl, proxyPort },
    ...{ redisHost: settings.redisHost ?? '', lemonadeModel: settings.lemonadeModel ?? '' },
    ...{ redisPassword: null, lemonadeApiKey: null, adminKey: null },
  }
}

/** What changed, and nothing else: what somebody else changed meanwhile stays. */
export function changesOf(before: SettingsDraft, now: SettingsDraft): GatewaySettingsInput {
  const names = Object.keys(now) as (keyof SettingsDraft)[]
  return Object.fromEntries(
    names.filter((name) => now[name] !== before[name] && now[name] !== null).map((name) => [name, now[name]]),
  )
}
