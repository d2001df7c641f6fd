import type { ActivityService } from '../activity/service.ts'
import type { IdentitiesService } from '../auth/identities.ts'
import type { SignIn } from '../auth/sign-in.ts'
import type { TokensService } from '../auth/tokens.ts'
import type { Viewer } from '../core/viewer.ts'
import type { Db } from '../db/client.ts'
import type { Events } from '../core/events.ts'
import type { GatewayService } from '../gateway/service.ts'
import type { GatewaySetup } from '../gateway/setup.ts'
import type { GroupsImport } from '../groups/import.ts'
import type { GroupsService } from '../groups/service.ts'
import type { GroupStarter } from '../groups/starter.ts'
import type { UsersService } from '../groups/users.ts'
import type { AwaitedInstances } from '../instances/sync-commands.ts'
import type { OwnSandbox } from '../instances/my-sandbox.ts'
import type { InstancesService } from '../instances/service.ts'
import type { LegacyImport } from '../legacy/service.ts'
import type { LemonadeService } from '../lemonade/service.ts'
import type { LinkEntry } from '../links/entry.ts'
import type { LinksService } from '../links/service.ts'
import type { Addresses } from '../proxy/addresses.ts'
import type { EngineService } from '../engine/service.ts'
import type { ConfigFilesService } from '../settings/config-files.ts'
import type { SettingsService } from '../settings/service.ts'

/** Every service the API offers, made once by `app.ts`. */
export interface Services {
  db: Db
  events: Events
  activity: ActivityService
  identities: IdentitiesService
  tokens: TokensService
  signIn: SignIn
  engine: EngineService
  gateway: GatewayService
  gatewaySetup: GatewaySetup
  groups: GroupsService
  users: UsersService
  starter: GroupStarter
  groupsImport: GroupsImport
  instances: InstancesService
  ownSandbox: OwnSandbox
  legacy: LegacyImport
  lemonade: LemonadeService
  links: LinksService
  linkEntry: LinkEntry
  /** The same commands for callers who wait. */
  awaited: AwaitedInstances
  addresses: Addresses
  settings: SettingsService
  configFiles: ConfigFilesService
}

/**
 * What resolvers get. Made once for a request, and once for a socket's subscription, so it holds nothing that ages.
 */
export interface GraphContext extends Services {
  viewer: Viewer
  /**
   * Called by the subscribe resolver of a topic that tells a present state: a subscriber that joins later is given the
   * newest frame first, where topics of changes give their READY frame.
   */
  replayNewest: () => void
}
