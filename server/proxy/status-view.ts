import type { Instance } from '../../prisma/generated/client/client.ts'

/** What a person sees in place of a sandbox that cannot be shown itself. */
export interface StatusView {
  /** In a few words. */
  title: string
  /** A sentence or two: how it is, and what comes next. '' if the title says it all. */
  text: string
  /** What went wrong, or what a slow start is doing. */
  detail: string | null
  /** What the reader may do about it. */
  action: { command: 'start' | 'resume'; label: string } | null
  /** Another page that helps. */
  link: { href: string; label: string } | null
  /** How the page looks. */
  tone: 'busy' | 'rest' | 'trouble'
  /** The sandbox itself can be shown. */
  ready: boolean
}

/** What a view depends on. */
export interface StatusViewInput {
  instance: Instance | null
  /** Whether the sandbox engine answers. */
  engineConnected: boolean
  /** Its place among the starts that wait, 1 being next; null when it does not wait. */
  queuePlace: number | null
  /** What a slow start is doing. */
  progress: string | null
  /** Whether the reader may resume it. */
  mayResume: boolean
  /** Whether the reader may start it. */
  mayStart: boolean
  /** Why it stopped, in words for the reader. */
  reason: string | null
}

const SAVED = 'Everything in /workspace is saved.'

/** What to show of a sandbox in its present state. */
export function statusViewOf(input: StatusViewInput): StatusView {
  const { instance, engineConnected } = input
  // A running sandbox may well answer while the engine does not.
  if (!engineConnected && instance?.state !== 'Running')
    return shown(
      'trouble',
      'Sandboxes are unavailable right now',
      'Your organizer knows. This page will refresh itself.',
    )
  if (!instance) return notStarted(input)
  switch (instance.state) {
    case 'Pending':
      return starting(input)
    case 'Running':
      return { ...shown('busy', 'Ready', 'Opening…'), ready: true }
    case 'Pausing':
      return shown('busy', 'Pausing your sandbox…', 'This takes a moment.')
    case 'Paused':
      return paused(input)
    case 'Stopping':
      return shown('busy', 'Shutting down…', SAVED)
    case 'Failed':
      return stopped(input, 'trouble', 'Your sandbox has failed')
    case 'Terminated':
      return stopped(input, 'rest', 'Your sandbox was stopped')
  }
}

function shown(tone: StatusView['tone'], title: string, text: string): StatusView {
  return { title, text, detail: null, action: null, link: null, tone, ready: false }
}

function starting({ queuePlace, progress }: StatusViewInput): StatusView {
  const title = 'Your sandbox is starting'
  if (queuePlace === null)
    return { ...shown('busy', title, 'VS Code opens here as soon as it is ready.'), detail: progress }
  return { ...shown('busy', title, 'You are in line. This page opens VS Code for you.'), detail: placeText(queuePlace) }
}

function placeText(queuePlace: number): string {
  if (queuePlace === 1) return 'You are next.'
  return queuePlace === 2 ? '1 person ahead of you.' : `${queuePlace - 1} people ahead of you.`
}

function paused({ mayResume }: StatusViewInput): StatusView {
  const view = (text: string) => shown('rest', 'Your sandbox is paused', text)
  return mayResume
    ? { ...view('Nothing was lost. Resume to carry on.'), action: { command: 'resume', label: 'Resume' } }
    : view('Nothing was lost. Ask your organizer to resume it.')
}

function notStarted({ mayStart }: StatusViewInput): StatusView {
  const view = (text: string) => shown('rest', "Your sandbox hasn't been started yet", text)
  return mayStart
    ? { ...view('Press Start. VS Code opens here.'), action: { command: 'start', label: 'Start' } }
    : view('Ask your organizer to start it. VS Code opens here.')
}

function stopped({ mayStart, reason }: StatusViewInput, tone: StatusView['tone'], title: string): StatusView {
  return mayStart
    ? { ...shown(tone, title, SAVED), detail: reason, action: { command: 'start', label: 'Start' } }
    : { ...shown(tone, title, `${SAVED} Ask your organizer to start it.`), detail: reason }
}
