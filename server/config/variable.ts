/** One setting of a server: a variable of the environment, and its place in `thon.yaml`. */
export interface Variable {
  /** As the environment has it. */
  name: string
  /** Its place in thon.yaml: sections and a key, with dots between. */
  at: string
  /** The default as people write it; '' without one. */
  fallback: string
  /** What it does, in one or two sentences. */
  meaning: string
  /** Whether its value is hidden in every output. */
  secret: boolean
}

/** A chapter of the manual, and of thon.yaml.example. */
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
