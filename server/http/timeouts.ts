/**
 * Sandboxes get uploads of any size, so only headers have a limit of time here. A connection is kept for longer than
 * reverse proxies keep theirs (nginx: 60 s), lest they send a request into one that is just being closed.
 */
export const TIMEOUTS = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 65_000 }
