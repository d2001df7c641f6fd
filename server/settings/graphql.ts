import type { Change as RowChange, Ready } from '../core/events.ts'
import type { SyntaxProblem } from '../core/syntax.ts'
import { builder } from '../graphql/builder.ts'
import { Change } from '../graphql/change.ts'
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
  description: "THON's own settings.",
  fields: (t) => ({
    externalIp: t.exposeString('externalIp', {
      nullable: true,
      description: 'IP address or host name by which other machines reach this server; null when it is not set.',
    }),
    domain: t.exposeString('domain', {
      nullable: true,
      description: 'Domain by which other machines reach this server; null when it is not set.',
    }),
    publicUrl: t.exposeString('publicUrl', {
      nullable: true,
      description: 'Where people on other machines reach THON itself, such as https://thon.example; null when unknown.',
    }),
    byPath: t.exposeBoolean('byPath', {
      description: 'Whether all sandboxes share one origin and differ by path (THON_PATH_PORT).',
    }),
  }),
})

const SettingType = builder.prismaObject('Setting', {
  description: 'One value of the key/value store.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Unique on this server.' }),
    value: t.exposeString('value', { description: 'The value as it is stored; may be empty.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last set.' }),
    updatedBy: t.exposeString('updatedBy', { description: 'Who set it last.' }),
  }),
})

const ConfigFileType = builder.objectRef<ConfigFileFacts | ConfigFileView>('ConfigFile').implement({
  description: 'A kind of configuration file, and the file that is stored, if there is one. There are three kinds.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Names the kind: config_groups_yaml.' }),
    label: t.exposeString('label', { description: 'The name people see.' }),
    hasContent: t.exposeBoolean('hasContent', { description: 'Whether more than white space is stored.' }),
    size: t.exposeInt('size', { description: 'Size of the content, in bytes of UTF-8.' }),
    content: t.string({
      nullable: true,
      description:
        'The file, empty when nothing is stored. It may hold API keys, so only configFile and updateConfigFile return it: null in lists and subscriptions.',
      resolve: (file) => ('content' in file ? file.content : null),
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last stored; null when no file is stored.',
    }),
    updatedBy: t.exposeString('updatedBy', {
      nullable: true,
      description: 'Who stored it last; null when no file is stored.',
    }),
  }),
})

const ConfigFileProblem = builder.objectRef<SyntaxProblem>('ConfigFileProblem').implement({
  description: 'Why a text cannot be stored as a configuration file.',
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'Counted from 1.' }),
    column: t.exposeInt('column', { description: 'Counted from 1.' }),
    message: t.exposeString('message', { description: 'What is wrong there, for people.' }),
  }),
})

const fileKey = { required: true, description: 'The key of the kind, such as config_groups_yaml.' } as const

builder.queryFields((t) => ({
  settings: t.field({
    type: SettingsType,
    description: "THON's own settings as they are now.",
    resolve: (_root, _args, { settings, viewer }) => settings.addresses(viewer),
  }),
  setting: t.field({
    type: SettingType,
    nullable: true,
    description: 'One setting; null when it was never set.',
    args: { key: t.arg.string({ required: true, description: 'The key that it was set with.' }) },
    resolve: (_root, { key }, { settings, viewer }) => settings.find(viewer, key),
  }),
  configFiles: t.field({
    type: [ConfigFileType],
    description: 'Every kind of configuration file, whether a file is stored or not, without contents.',
    resolve: (_root, _args, { configFiles, viewer }) => configFiles.list(viewer),
  }),
  configFile: t.field({
    type: ConfigFileType,
    nullable: true,
    description: 'One kind with its content; null when there is no such kind.',
    args: { key: t.arg.string(fileKey) },
    resolve: (_root, { key }, { configFiles, viewer }) => configFiles.find(viewer, key),
  }),
  checkConfigFile: t.field({
    type: [ConfigFileProblem],
    description: 'Checks a text for an editor without storing it. Empty when it could be stored.',
    args: {
      key: t.arg.string(fileKey),
      content: t.arg.string({ required: true, description: 'The text, at most 1 MiB.' }),
    },
    resolve: (_root, { key, content }, { configFiles, viewer }) => configFiles.check(viewer, key, content),
  }),
}))

const UpdateSettingInput = builder.inputType('UpdateSettingInput', {
  description: 'A setting and its new value.',
  fields: (t) => ({
    key: t.string({ required: true, description: '1 to 200 characters, none of them control characters.' }),
    value: t.string({ required: true, description: 'At most 100000 characters.' }),
  }),
})

const UpdateConfigFileInput = builder.inputType('UpdateConfigFileInput', {
  description: 'A configuration file to store.',
  fields: (t) => ({
    key: t.string(fileKey),
    content: t.string({ required: true, description: 'The whole file; may be empty.' }),
    expectedUpdatedAt: t.string({
      description:
        'The updatedAt of the file that the change is based on, null when there was no file. Left out, any stored file is replaced.',
    }),
  }),
})

const DeleteConfigFileInput = builder.inputType('DeleteConfigFileInput', {
  description: 'Which configuration file to delete.',
  fields: (t) => ({ key: t.string(fileKey) }),
})

builder.mutationFields((t) => ({
  updateSetting: t.field({
    type: SettingType,
    description:
      'Sets a setting, whether it exists or not. external_ip takes an IP address or a host name, domain a host name; empty clears them. NOT_FOUND for keys that begin with config_.',
    args: { input: t.arg({ type: UpdateSettingInput, required: true, description: 'The key and the value.' }) },
    resolve: (_root, { input }, { settings, viewer }) => settings.update(viewer, input.key, input),
  }),
  updateConfigFile: t.field({
    type: ConfigFileType,
    description:
      'Stores a configuration file, which has to be valid YAML, or JSON with comments. TOO_LARGE over 1 MiB; CONFLICT when the stored file is not the expected one.',
    args: { input: t.arg({ type: UpdateConfigFileInput, required: true, description: 'The kind and the file.' }) },
    resolve: (_root, { input }, { configFiles, viewer }) => configFiles.update(viewer, input.key, input),
  }),
  deleteConfigFile: t.boolean({
    description: 'Deletes a configuration file. Returns whether one was stored.',
    args: { input: t.arg({ type: DeleteConfigFileInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, { configFiles, viewer }) => configFiles.delete(viewer, input.key),
  }),
}))

const SettingChange = builder.objectRef<RowChange<Setting> | Ready>('SettingChange').implement({
  description: 'One change of a setting; its `id` is the key.',
  interfaces: [Change],
  fields: (t) => ({
    setting: t.field({
      type: SettingType,
      nullable: true,
      description: 'The setting as it is now; null with READY.',
      resolve: (change) => change.row,
    }),
  }),
})

const ConfigFileChange = builder.objectRef<RowChange<ConfigFile> | Ready>('ConfigFileChange').implement({
  description: 'One change of a configuration file; its `id` is the key.',
  interfaces: [Change],
  fields: (t) => ({
    configFile: t.field({
      type: ConfigFileType,
      nullable: true,
      description: 'The kind as it is now, without content, also when its file was REMOVED; null with READY.',
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
