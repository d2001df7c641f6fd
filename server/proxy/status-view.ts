import type { Instance } from '../../prisma/generated/client/client.ts'

/** What somebody is shown in place of a sandbox that cannot be shown itself. */
export interface StatusView {
  /** In a few words. */
  title: string
  /** A sentence or two: what is so, and what comes next. */
  text: string
  /** What went wrong, or what it is at, in the words of whoever reported it. */
  detail: string | null
  /** What the reader may do about it. */
  action: { command: 'start' | 'resume'; label: string } | null
  /** How it looks: under way, at rest, or in trouble. */
  tone: 'busy' | 'rest' | 'trouble'
  /** The sandbox itself can be shown. */
  ready: boolean
}

/** What a view is made of. */
export interface Known {
  instance: Instance | null
  /** Whether the sandbox engine answers. */
  engineConnected: boolean
  /** Its place among the starts that wait, 1 being next; null when it does not wait. */
  queuePlace: number | null
  /** What a slow start is at, in words. */
  progress: string | null
  /** Whether the reader may resume it. */
  mayResume: boolean
  /** Whether the reader may start it. */
  mayStart: boolean
}

const KEPT = 'Your files are kept.'

/** What to show for a sandbox as it is now. */
export function statusViewOf(known: Known): StatusView {
  const { instance, engineConnected } = known
  // A sandbox that runs may well do so while the engine does not answer.
  if (!engineConnected && instance?.state !== 'Running')
    return shown(
      'trouble',
      'The sandboxes are out of reach just now',
      'The organizer sees this, too. This page goes on by itself.',
    )
  if (!instance) return notStarted(known)
  switch (instance.state) {
    case 'Pending':
      return starting(known)
    case 'Running':
      return { ...shown('busy', 'Your sandbox is there', 'It opens now.'), ready: true }
    case 'Pausing':
      return shown('busy', 'Your sandbox is being paused', 'This takes a moment.')
    case 'Paused':
      return paused(known)
    case 'Stopping':
      return shown('busy', 'Your sandbox is being ended', KEPT)
    case 'Failed':
      return ended(known, 'trouble', 'Your sandbox has failed', instance.reason)
    default:
      return ended(known, 'rest', 'Your sandbox has ended', instance.reason)
  }
}

function shown(tone: StatusView['tone'], title: string, text: string): StatusView {
  return { title, text, detail: null, action: null, tone, ready: false }
}

function starting({ queuePlace, progress }: Known): StatusView {
  const title = 'Your sandbox is starting'
  if (queuePlace === null)
    return { ...shown('busy', title, 'VS Code opens here as soon as it answers.'), detail: progress }
  const ahead = queuePlace === 1 ? 'It is the next one' : `${queuePlace - 1} more before it`
  return {
    ...shown('busy', title, 'It waits for its turn, and opens here by itself.'),
    detail: `${ahead} in the queue.`,
  }
}

function paused({ mayResume }: Known): StatusView {
  const view = shown('rest', 'Your sandbox is paused', 'Everything in it waits as you left it.')
  return mayResume ? { ...view, action: { command: 'resume', label: 'Resume' } } : asked(view)
}

function notStarted({ mayStart }: Known): StatusView {
  const view = shown('rest', 'Your sandbox is not started yet', 'It opens here as soon as it runs.')
  return mayStart ? { ...view, action: { command: 'start', label: 'Start it' } } : asked(view)
}

function ended({ mayStart }: Known, tone: StatusView['tone'], title: string, reason: string | null): StatusView {
  const view = { ...shown(tone, title, KEPT), detail: reason }
  return mayStart ? { ...view, action: { command: 'start', label: 'Start again' } } : asked(view)
}

function asked(view: StatusView): StatusView {
  return { ...view, text: `${view.text} Ask your organizer to start it.` }
}
