import type { ServerResponse } from 'node:http'
import type { Log } from '../core/log.ts'
import type { ForwardFailure } from './forward.ts'
import { refuse, sendPage } from './html.ts'
import type { StatusView } from './status-view.ts'

/** What the pages say where there is no sandbox to show, whatever its state. Participants read this: no operator text. */

const problem = (title: string, text: string): StatusView => ({
  ...{ title, text, detail: null, action: null, link: null, ready: false },
  tone: 'trouble',
})

/** @param myPage URL of the page where people find their own sandbox */
export function unknownAddress(myPage: string): StatusView {
  const text = 'Check the address. If your name or team was changed, open your page to get the new one.'
  return { ...problem('There is no sandbox at this address', text), link: { href: myPage, label: 'Open my page' } }
}

export const notYours = problem(
  'This sandbox belongs to someone else',
  'Open your own personal link, or ask your organizer.',
)

/** While the proxy runs and THON does not. */
export const startingAgain: StatusView = {
  ...problem('THON is starting again', 'This page loads by itself in a moment. Nothing is lost.'),
  tone: 'busy',
}

export const withoutCookies = problem(
  'Cookies are blocked',
  'THON needs a cookie to know you at this address. Allow cookies for it, or leave private browsing, and open your sandbox again.',
)

export const tokenCannotOpen = problem(
  "API tokens can't open a sandbox",
  'Sign in to the dashboard, or use a personal link.',
)

const FAILURES: Record<ForwardFailure, { status: number; view: StatusView; retrySeconds?: number }> = {
  refused: {
    status: 503,
    view: { ...problem("VS Code isn't responding yet", 'Retrying…'), tone: 'busy' },
    retrySeconds: 3,
  },
  timeout: {
    status: 504,
    view: problem('Your app took too long to respond', 'Check the program in your sandbox, then reload this page.'),
  },
  unreadable: {
    status: 502,
    view: problem("Your app sent something the browser can't show", 'Check the program in your sandbox.'),
  },
}

/** Answers for a sandbox that could not. @param isPage whether a person looks at the answer */
export function answerFailure(response: ServerResponse, failure: ForwardFailure, isPage: boolean): void {
  const { status, view, retrySeconds } = FAILURES[failure]
  if (isPage) sendPage(response, status, view, { retrySeconds })
  else refuse(response, status, view.title)
}

/** One line for organizers: a participant's program is broken, or tries something. */
export function reportBadAnswer(log: Log, sandbox: string, fault: string): void {
  log.warn({ sandbox, fault }, 'the answer of a sandbox was not passed on')
}

/** For programs without a sandbox cookie. */
export const OPEN_IN_BROWSER = 'Open this sandbox in a browser first.'
