import { EngineUnavailable, EngineRefused } from '../engine.ts'

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

/** Docker's own message, without the text dockerode puts around it. */
export function dockerMessage(error: unknown): string {
  const failure = error instanceof EngineRefused && error.cause ? error.cause : error
  if (!isHttpFailure(failure)) return failure instanceof Error ? failure.message : String(failure)
  const json = failure.json as { message?: unknown } | null | undefined
  if (typeof json?.message === 'string') return json.message.trim()
  return failure.message.replace(/^\(HTTP code \d+\) .*? - /s, '').trim()
}

/**
 * Anything dockerode or a socket threw, in the port's words: EngineUnavailable when Docker at `url` did not answer,
 * EngineRefused when it refused. Errors of our own code come back unchanged.
 */
export function toEngineError(error: unknown, url: string): unknown {
  if (error instanceof EngineUnavailable || error instanceof EngineRefused) return error
  if (isHttpFailure(error)) {
    const message = dockerMessage(error)
    // These come from a proxy in front of the engine.
    if ([502, 503, 504].includes(error.statusCode)) {
      return new EngineUnavailable(
        `Docker at ${url} is unavailable: ${sentence(message)} Check the proxy in front of it.`,
        {
          cause: error,
        },
      )
    }
    return new EngineRefused(explain(message), { cause: error })
  }
  const problem = connectionProblem(error)
  return problem ? new EngineUnavailable(`Docker at ${url} ${problem}`, { cause: error }) : error
}

const BROKEN = 'closed the connection. It may be restarting. Try again in a moment.'
const NOT_RUNNING = 'is not running. Start it (`systemctl start docker`), or set DOCKER_HOST to its address.'
const NOT_PERMITTED =
  'may not be used by this user. Add the user to the group "docker" and log in again, or run THON as a user who may use Docker.'

const CONNECTION_ERRORS: Record<string, string> = {
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  ENOENT: NOT_RUNNING,
  ECONNREFUSED: NOT_RUNNING,
  ENOTFOUND: 'cannot be found, because its host name is unknown. Check DOCKER_HOST.',
  EAI_AGAIN: 'cannot be found, because its host name could not be looked up. Check DOCKER_HOST and the network.',
}

/** Why there was no answer; null when the error does not come from a connection. */
function connectionProblem(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (CONNECTION_ERRORS[code]) return CONNECTION_ERRORS[code]
  if (error.name === 'AbortError' || error.message === 'socket hang up' || error.message === 'aborted') {
    return BROKEN
  }
  // Other ERR_… codes are mistakes of the caller.
  const connectionCodes = /^(E[A-Z]+|HPE_.*|ERR_(TLS|SSL|STREAM_PREMATURE_CLOSE).*|.*CERT.*|UNABLE_TO_.*)$/
  return connectionCodes.test(code) ? `cannot be reached: ${error.message} (${code}). Check DOCKER_HOST.` : null
}

const EXPLANATIONS: [RegExp, (message: string) => string][] = [
  [
    /no space left on device/i,
    (message) =>
      `The disk of Docker's machine is full. Free some space, for instance with \`docker system prune\`. Docker said: ${sentence(message)}`,
  ],
  [
    /executable file not found|exec[^a-z]+"?code-server|stat .*code-server/i,
    () => 'The image has no code-server in it. Set SANDBOX_IMAGE to one that has, such as codercom/code-server.',
  ],
  [
    /port is already allocated|address already in use/i,
    (message) => `Another program took the sandbox's port first. Try again. Docker said: ${sentence(message)}`,
  ],
  [/No such container/i, () => 'Docker no longer has this sandbox: it was removed outside THON. Create it again.'],
  [/is not running/i, () => 'The sandbox is not running. Start it first.'],
  [/is paused|a paused container/i, () => 'The sandbox is paused. Resume it first.'],
  [/unable to freeze/i, () => 'The sandbox is too busy to be paused. Try again in a moment.'],
  [
    /cannot allocate memory/i,
    (message) =>
      `Docker's machine is out of memory. Stop some sandboxes, then try again. Docker said: ${sentence(message)}`,
  ],
]

/** Docker's message as a sentence for people, with what to do where that is known. */
function explain(message: string): string {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(message))
  return known ? known[1](message) : `Docker refused: ${sentence(message || 'it gave no reason')}`
}

/** With exactly one full stop at its end. */
function sentence(message: string): string {
  return `${message.replace(/[.\s]+$/, '')}.`
}

/** Awaits a request and tolerates refusals that mean "already done"; `skipped` is the status of such a refusal. */
export async function tolerate<T>(
  request: Promise<T>,
  isHarmless: (status: number, message: string) => boolean,
): Promise<{ value: T; skipped: null } | { value: null; skipped: number }> {
  try {
    return { value: await request, skipped: null }
  } catch (error) {
    const status = statusOf(error)
    if (status !== null && isHarmless(status, dockerMessage(error))) return { value: null, skipped: status }
    throw error
  }
}

function isHttpFailure(error: unknown): error is HttpFailure {
  return error instanceof Error && typeof (error as Partial<HttpFailure>).statusCode === 'number'
}
