/** Largest configuration file, in bytes of UTF-8. */
export const LARGEST_FILE = 1024 * 1024

/** A kind of configuration file that THON stores one of. */
export interface ConfigFileKind {
  key: string
  /** The name people see. */
  label: string
  syntax: 'yaml' | 'jsonc'
}

/** The kinds that go into sandboxes. */
export const KILO = 'config_kilo_json'
export const VSCODE_SETTINGS = 'config_vscode_settings'

/** Every kind, in the order people see them. */
export const CONFIG_FILE_KINDS: readonly ConfigFileKind[] = [
  { key: 'config_groups_yaml', label: 'Groups YAML', syntax: 'yaml' },
  { key: KILO, label: 'Kilo Code Config (kilo.jsonc)', syntax: 'jsonc' },
  { key: VSCODE_SETTINGS, label: 'VS Code Settings', syntax: 'jsonc' },
]
