/** One setting of a server: an environment variable and a key of `thon.yaml`. */
export interface Variable {
  /** Its name in the environment. */
  name: string
  /** Its path in thon.yaml: sections and a key, separated by dots. */
  at: string
  /** The default as people write it; '' without one. */
  fallback: string
  /** What it does, in one or two sentences. */
  meaning: string
  /** Whether its value is hidden in every output. */
  secret: boolean
}

/** A chapter of docs/configuration.md. */
export interface Chapter {
  title: string
  variables: readonly Variable[]
}

/** A variable whose value may be shown. */
export function variable(name: string, at: string, fallback: string, meaning: string): Variable {
  return { name, at, fallback, meaning, secret: false }
}

/** A variable whose value is never shown. */
export function secret(name: string, at: string, meaning: string): Variable {
  return { name, at, fallback: '', meaning, secret: true }
}
