import type { Change, Ready } from '../core/events.ts'
import { builder, ChangeKind } from '../graphql/builder.ts'
import type { ConfigFile, Setting } from '../../prisma/generated/client/client.ts'
import type { ConfigFileFacts, ConfigFileView, PresentAddresses } from './model.ts'
import type { SettingsService } from './service.ts'
import type { ConfigFilesService } from './config-files.ts'

declare module '../graphql/context.ts' {
  interface Services {
    settings: SettingsService
    configFiles: ConfigFilesService
  }
}

const SettingsType = builder.objectRef<PresentAddresses>('Settings').implement({
  description: 'The settings that THON itself goes by.',
  fields: (t) => ({
    externalIp: t.exposeString('externalIp', {
      nullable: true,
      description: 'IP address or host name this server is reached by from elsewhere; null when it is not set.',
    }),
    domain: t.exposeString('domain', {
      nullable: true,
      description: 'Domain this server is reached by from elsewhere; null when it is not set.',
    }),
    publicUrl: t.exposeString('publicUrl', {
      nullable: true,
      description: 'Where people elsewhere reach THON itself, such as https://thon.example; null when nothing says it.',
    }),
    byPath: t.exposeBoolean('byPath', {
      description: 'Whether all sandboxes share one origin, told apart by path (THON_PATH_PORT).',
    }),
  }),
})

const SettingType = builder.prismaObject('Setting', {
  description: 'One value of the key/value store.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its key, unique on this server.' }),
    value: t.exposeString('value', { description: 'Its value; may be empty.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last set.' }),
    updatedBy: t.exposeString('updatedBy', { description: 'Who set it last.' }),
  }),
})

const ConfigFileType = builder.objectRef<ConfigFileFacts | ConfigFileView>('ConfigFile').implement({
  description: 'A slot for one configuration file. Slots are always there; what is stored in them comes and goes.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its key, by which it is asked for.' }),
    label: t.exposeString('label', { description: 'Its name for people.' }),
    hasContent: t.exposeBoolean('hasContent', { description: 'Whether more than whitespace is stored.' }),
    size: t.exposeInt('size', { description: 'Size of the content, in bytes of UTF-8.' }),
    content: t.string({
      nullable: true,
      description:
        'The file, empty when nothing is stored. May hold API keys, so only configFile and setConfigFile tell it: null in lists and in subscriptions.',
      resolve: (file) => ('content' in file ? file.content : null),
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last stored; null when nothing is.',
    }),
    updatedBy: t.exposeString('updatedBy', {
      nullable: true,
      description: 'Who stored it last; null when nothing is stored.',
    }),
  }),
})

const itsKey = { required: true, description: 'Its key.' } as const
const slotKey = { required: true, description: 'Key of the slot.' } as const

builder.queryFields((t) => ({
  settings: t.field({
    type: SettingsType,
    description: 'The settings that THON itself goes by, as they are now.',
    resolve: (_root, _args, { settings, viewer }) => settings.addresses(viewer),
  }),
  setting: t.field({
    type: SettingType,
    nullable: true,
    description: 'One setting; null when it was never set. NOT_FOUND for keys that begin with config_.',
    args: { key: t.arg.string(itsKey) },
    resolve: (_root, { key }, { settings, viewer }) => settings.find(viewer, key),
  }),
  configFiles: t.field({
    type: [ConfigFileType],
    description: 'Every slot for a configuration file, without contents.',
    resolve: (_root, _args, { configFiles, viewer }) => configFiles.list(viewer),
  }),
  configFile: t.field({
    type: ConfigFileType,
    description: 'One slot with its content. NOT_FOUND when there is no such slot.',
    args: { key: t.arg.string(slotKey) },
    resolve: (_root, { key }, { configFiles, viewer }) => configFiles.get(viewer, key),
  }),
  checkConfigFile: t.string({
    nullable: true,
    description:
      'What is wrong with a text that is to be stored in a slot, as `line 3, column 5: …`; null when nothing is. For editors.',
    args: {
      key: t.arg.string(slotKey),
      content: t.arg.string({ required: true, description: 'The text, 1 MiB at most.' }),
    },
    resolve: (_root, { key, content }, { configFiles, viewer }) => configFiles.check(viewer, key, content),
  }),
}))

builder.mutationFields((t) => ({
  setSetting: t.field({
    type: SettingType,
    description:
      'Sets a setting, new or not. external_ip takes an IP address or a host name, domain a host name; empty clears them. NOT_FOUND for keys that begin with config_.',
    args: {
      key: t.arg.string({ required: true, description: '1 to 200 characters, none of them control characters.' }),
      value: t.arg.string({ required: true, description: 'At most 100000 characters.' }),
    },
    resolve: (_root, { key, value }, { settings, viewer }) => settings.store(viewer, key, { value }),
  }),
  setConfigFile: t.field({
    type: ConfigFileType,
    description:
      'Stores a configuration file that can be read as YAML, or as JSON with comments. TOO_LARGE over 1 MiB; CONFLICT when another than the expected one is stored.',
    args: {
      key: t.arg.string(slotKey),
      content: t.arg.string({ required: true, description: 'The file. Empty is allowed.' }),
      expectedUpdatedAt: t.arg.string({
        description:
          'The updatedAt that the change is based on, null when nothing was stored; left out, whatever is stored is replaced.',
      }),
    },
    resolve: (_root, { key, ...file }, { configFiles, viewer }) => configFiles.put(viewer, key, file),
  }),
  deleteConfigFile: t.boolean({
    description: 'Empties a slot. Returns whether anything was stored there.',
    args: { key: t.arg.string(slotKey) },
    resolve: (_root, { key }, { configFiles, viewer }) => configFiles.remove(viewer, key),
  }),
}))

const SettingChange = builder.objectRef<Change<Setting> | Ready>('SettingChange').implement({
  description: 'A frame of `settingChanged`.',
  fields: (t) => ({
    kind: t.field({ type: ChangeKind, description: 'What happened.', resolve: (change) => change.kind }),
    key: t.string({ nullable: true, description: 'Which setting; null when READY.', resolve: (change) => change.id }),
    setting: t.field({
      type: SettingType,
      nullable: true,
      description: 'The setting as it is now; null when READY.',
      resolve: (change) => change.row,
    }),
  }),
})

const ConfigFileChange = builder.objectRef<Change<ConfigFile> | Ready>('ConfigFileChange').implement({
  description: 'A frame of `configFileChanged`.',
  fields: (t) => ({
    kind: t.field({ type: ChangeKind, description: 'What happened.', resolve: (change) => change.kind }),
    key: t.string({ nullable: true, description: 'Which slot; null when READY.', resolve: (change) => change.id }),
    configFile: t.field({
      type: ConfigFileType,
      nullable: true,
      description: 'The slot as it is now, without its content: an empty one when REMOVED; null when READY.',
      resolve: (change, _args, { configFiles, viewer }) => configFiles.changed(viewer, change),
    }),
  }),
})

builder.subscriptionFields((t) => ({
  settingChanged: t.field({
    type: SettingChange,
    description: 'Every change of every setting.',
    subscribe: (_root, _args, { settings, viewer }) => settings.changes(viewer),
    resolve: (change) => change,
  }),
  configFileChanged: t.field({
    type: ConfigFileChange,
    description: 'Every change of every configuration file, without contents.',
    subscribe: (_root, _args, { configFiles, viewer }) => configFiles.changes(viewer),
    resolve: (change) => change,
  }),
}))
