import { EngineAway, EngineRefused } from '../engine.ts'

/** What dockerode throws for an answer that is not 2xx. */
interface HttpFailure {
  statusCode: number
  message: string
  json?: unknown
}

/** The HTTP status of a failure of dockerode, or of an EngineRefused made from one; null when there was no answer. */
export function statusOf(error: unknown): number | null {
  const failure = error instanceof EngineRefused ? error.cause : error
  return isHttpFailure(failure) ? failure.statusCode : null
}

/** Docker's own words for a failure, without dockerode's frame around them. */
export function dockerWords(error: unknown): string {
  const failure = error instanceof EngineRefused && error.cause ? error.cause : error
  if (!isHttpFailure(failure)) return failure instanceof Error ? failure.message : String(failure)
  const json = failure.json as { message?: unknown } | null | undefined
  if (typeof json?.message === 'string') return json.message.trim()
  return failure.message.replace(/^\(HTTP code \d+\) .*? - /s, '').trim()
}

/**
 * Anything dockerode or a socket threw, in the port's words: EngineAway when Docker at `url` did not answer,
 * EngineRefused when it said no. Faults of our own code come back as they are.
 */
export function engineError(error: unknown, url: string): unknown {
  if (error instanceof EngineAway || error instanceof EngineRefused) return error
  if (isHttpFailure(error)) {
    const words = dockerWords(error)
    // A proxy in front of the engine answers these in its place.
    if ([502, 503, 504].includes(error.statusCode)) {
      return new EngineAway(`Docker at ${url} is not available: ${words}`, { cause: error })
    }
    return new EngineRefused(explain(words), { cause: error })
  }
  const why = unreachable(error)
  return why ? new EngineAway(`Docker at ${url} ${why}`, { cause: error }) : error
}

const BROKEN = 'broke the connection. It may be restarting.'

const AWAY: Record<string, string> = {
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  EACCES: 'may not be used by this user: add it to the group "docker" (and log in again), or run THON as one who may.',
  EPERM: 'may not be used by this user: add it to the group "docker" (and log in again), or run THON as one who may.',
  ENOENT: 'is not running: start it (`systemctl start docker`), or set DOCKER_HOST to where it is.',
  ECONNREFUSED: 'is not running: start it (`systemctl start docker`), or set DOCKER_HOST to where it is.',
  ENOTFOUND: 'cannot be found: the name of its host is unknown. Check DOCKER_HOST.',
  EAI_AGAIN: 'cannot be found: the name of its host could not be looked up. Check DOCKER_HOST and the network.',
}

/** Why nobody answered, or null when the error is not one of a connection. */
function unreachable(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (AWAY[code]) return AWAY[code]
  if (error.name === 'AbortError' || error.message === 'socket hang up' || error.message === 'aborted') {
    return BROKEN
  }
  // ERR_… are mistakes of the caller, apart from those of TLS and of streams cut short.
  const ofConnection = /^(E[A-Z]+|HPE_.*|ERR_(TLS|SSL|STREAM_PREMATURE_CLOSE).*|.*CERT.*|UNABLE_TO_.*)$/
  return ofConnection.test(code) ? `cannot be reached: ${error.message} (${code}).` : null
}

const EXPLANATIONS: [RegExp, (words: string) => string][] = [
  [
    /no space left on device/i,
    (words) => `The disk of the engine is full: ${words}. Free some, for instance with \`docker system prune\`.`,
  ],
  [
    /executable file not found|exec[^a-z]+"?code-server|stat .*code-server/i,
    () => 'The image has no code-server in it. Set SANDBOX_IMAGE to one that has, such as codercom/code-server.',
  ],
  [
    /port is already allocated|address already in use/i,
    (words) => `The port the engine chose was taken by another program in the same moment; try again. (${words})`,
  ],
  [/No such container/i, () => 'The engine no longer has this sandbox: somebody removed it.'],
  [/is not running/i, () => 'The sandbox does not run.'],
  [/is paused|a paused container/i, () => 'The sandbox is paused: resume it first.'],
  [/cannot allocate memory/i, (words) => `The machine of the engine is out of memory: ${words}`],
]

/** Docker's words as a sentence for people, with what to do where we know. */
function explain(words: string): string {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(words))
  return known ? known[1](words) : `Docker refused: ${words || 'it gave no reason.'}`
}

/** Awaits a request, letting those answers pass that mean "it is so already"; `skipped` is the status of such an answer. */
export async function unless<T>(
  request: Promise<T>,
  harmless: (status: number, words: string) => boolean,
): Promise<{ value: T; skipped: null } | { value: null; skipped: number }> {
  try {
    return { value: await request, skipped: null }
  } catch (error) {
    const status = statusOf(error)
    if (status !== null && harmless(status, dockerWords(error))) return { value: null, skipped: status }
    throw error
  }
}

function isHttpFailure(error: unknown): error is HttpFailure {
  return error instanceof Error && typeof (error as Partial<HttpFailure>).statusCode === 'number'
}
