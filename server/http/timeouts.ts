/**
 * Uploads into sandboxes may take any time, so only headers have a limit here. A connection is kept for longer than reverse
 * proxies keep theirs (nginx: 60 s): otherwise they would send requests into connections that are just being closed.
 */
export const TIMEOUTS = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 65_000 }
