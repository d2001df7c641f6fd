import type { UpdateGatewaySettingsInput, GatewaySettingsViewFragment } from '#lib/graphql/generated/graphql.ts'

/** The settings while they are edited. A secret is null until it is replaced or removed. */
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

/** A draft with the current settings. */
export function draftOf(settings: GatewaySettingsViewFragment): SettingsDraft {
  const { enabled, mode, tokenLimit, timeWindow, redisPort, lemonadeUrl, adminUrl, proxyPort } = settings
  return {
    ...{ enabled, mode, tokenLimit, timeWindow, redisPort, lemonadeUrl, adminUrl, proxyPort },
    ...{ redisHost: settings.redisHost ?? '', lemonadeModel: settings.lemonadeModel ?? '' },
    ...{ redisPassword: null, lemonadeApiKey: null, adminKey: null },
  }
}

/** Only what changed, so that changes of others meanwhile stay. */
export function changesOf(before: SettingsDraft, now: SettingsDraft): UpdateGatewaySettingsInput {
  const names = Object.keys(now) as (keyof SettingsDraft)[]
  return Object.fromEntries(
    names.filter((name) => now[name] !== before[name] && now[name] !== null).map((name) => [name, now[name]]),
  )
}
