import type { ServerResponse } from 'node:http'
import type { Failure } from './forward.ts'
import { sendPage, sendText } from './html.ts'
import type { StatusView } from './status-view.ts'

/** What is said where there is no sandbox to show, whatever its state. */

const still = (title: string, text: string): StatusView => ({
  ...{ title, text, detail: null, action: null, ready: false },
  tone: 'trouble',
})

export const unknownAddress = still(
  'There is no sandbox at this address',
  'Look at the address again, or ask your organizer for yours. Names of people and groups are part of it, and may have changed.',
)

export const notTheirs = still(
  'This is somebody else’s sandbox',
  'You are signed in as somebody who may not open it. Use your own link, or ask your organizer.',
)

export const withoutCookies = still(
  'Your browser keeps no cookies here',
  'THON needs one to know you at this address. Allow cookies for it, or leave private browsing, and open your sandbox again.',
)

export const notSignedIn = still(
  'A sandbox is opened by a person',
  'API tokens open none. Sign in on the dashboard, or use an access link.',
)

const troubled: StatusView = {
  ...still(
    'VS Code does not answer just now',
    'Your sandbox runs, but VS Code in it does not. This page tries again by itself.',
  ),
  tone: 'busy',
}

/** The sandbox took the request, and then did not answer it as it should. */
function silent(why: Exclude<Failure, 'refused'>): StatusView {
  return why === 'silent'
    ? still(
        'The sandbox did not answer in time',
        'Whatever this address leads to in your sandbox takes too long, or hangs.',
      )
    : still(
        'The sandbox’s answer cannot be read',
        'What this address leads to in your sandbox is no proper answer to a browser.',
      )
}

/** Answers for a sandbox that could not. @param isPage whether somebody looks at the answer */
export function answerFailure(response: ServerResponse, why: Failure, isPage: boolean): void {
  const status = why === 'refused' ? 503 : why === 'silent' ? 504 : 502
  const view = why === 'refused' ? troubled : silent(why)
  if (isPage) return sendPage(response, status, view, { who: null, desk: null, ...(why === 'refused' && { again: 3 }) })
  response.setHeader('Connection', 'close')
  sendText(response, status, view.title)
}

/** For programs that come without a pass. */
export const CAME_BACK = 'Open this sandbox in a browser first.'
