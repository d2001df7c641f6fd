import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { StatusView } from './status-view.ts'

/** What a page shows besides its view. */
export interface StatusPage {
  /** Whose sandbox it is, such as `alpha/ann`; left out where the reader must not learn that. */
  owner?: string
  /** Addresses of the live state and of its commands; a page without them does not change. */
  live?: { state: string; command: (command: string) => string }
  /** Seconds after which the browser asks for the page again. */
  retrySeconds?: number | undefined
}

const UNCACHED = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
const retryAfter = (status: number) => status === 503 && { 'Retry-After': '2' }

/** Sends a page in place of a sandbox: styled, without anything from other hosts, and never cached. */
export function sendPage(response: ServerResponse, status: number, view: StatusView, page: StatusPage = {}): void {
  const nonce = randomBytes(12).toString('base64')
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'same-origin',
      ...UNCACHED,
      ...retryAfter(status),
    })
    .end(html(view, page, nonce))
}

/** Sends a line to a program, which has no use for a page. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...UNCACHED, ...retryAfter(status) })
    .end(`${text}\n`)
}

/** Refuses a request with a line. Its body is not read, so the connection is closed. */
export function refuse(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Connection', 'close')
  sendText(response, status, text)
}

function html(view: StatusView, { owner, live, retrySeconds }: StatusPage, nonce: string): string {
  const { title, text, detail, action, link, tone } = view
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${retrySeconds === undefined ? '' : `<meta http-equiv="refresh" content="${retrySeconds}">`}
<title>${escape(title)} · THON</title>
<style nonce="${nonce}">${STYLE}</style>
<main data-tone="${tone}">
  <div class="mark" aria-hidden="true"><span></span></div>
  <h1 id="title" aria-live="polite">${escape(title)}</h1>
  <p id="text">${escape(text)}</p>
  <p id="detail"${detail === null ? ' hidden' : ''}>${escape(detail ?? '')}</p>
  <form method="post" id="form"${action && live ? ` action="${escape(live.command(action.command))}"` : ' hidden'}>
    <button id="button">${escape(action?.label ?? '')}</button>
  </form>
  ${link ? `<a class="button" href="${escape(link.href)}">${escape(link.label)}</a>` : ''}
  ${owner === undefined ? '' : `<footer>Sandbox of <b>${escape(owner)}</b></footer>`}
</main>
${live ? `<script nonce="${nonce}">${script(live)}</script>` : ''}
</html>
`
}

/** Follows the state, and loads the sandbox when it is ready. The server sends whole views: the page works nothing out. */
function script(live: NonNullable<StatusPage['live']>): string {
  const element = (id: string) => `document.getElementById('${id}')`
  const json = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')
  return `
const paths = ${json({ start: live.command('start'), resume: live.command('resume') })}
const source = new EventSource(${json(live.state)})
source.onmessage = ({ data }) => {
  const view = JSON.parse(data)
  if (view.ready) { source.close(); location.reload(); return }
  document.title = view.title + ' · THON'
  document.querySelector('main').dataset.tone = view.tone
  ${element('title')}.textContent = view.title
  ${element('text')}.textContent = view.text
  ${element('detail')}.textContent = view.detail ?? ''
  ${element('detail')}.hidden = !view.detail
  ${element('form')}.hidden = !view.action
  if (view.action) { ${element('form')}.action = paths[view.action.command]; ${element('button')}.textContent = view.action.label; ${element('button')}.disabled = false }
}
${element('form')}.addEventListener('submit', () => setTimeout(() => { ${element('button')}.disabled = true }))
addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
}

const STYLE = `
:root { color-scheme: light dark; --bg: light-dark(#f4f5f9, #0b0d14); --card: light-dark(#fff, #151925); --line: light-dark(#dde1eb, #252b3a); --ink: light-dark(#161929, #e8eaf3); --soft: light-dark(#444c63, #b3bacd); --quiet: light-dark(#5c657c, #8f98ae); --fill: #4f46e5; --tone: light-dark(#475069, #a9b1c6) }
[data-tone=busy] { --tone: light-dark(#4338ca, #a5b0fb) } [data-tone=trouble] { --tone: light-dark(#b91c1c, #f98080) }
* { box-sizing: border-box } [hidden] { display: none !important }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; padding: 1.5rem 1rem; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', sans-serif }
main { width: min(30rem, 100%); padding: 2.25rem 2rem 1.75rem; border: 1px solid var(--line); border-radius: 16px; background: var(--card); text-align: center }
.mark { display: grid; place-items: center; width: 3.25rem; height: 3.25rem; margin: 0 auto 1.25rem; border-radius: 50%; background: color-mix(in srgb, var(--tone) 16%, transparent) }
.mark span { width: 1.4rem; height: 1.4rem; border: 3px solid var(--tone); border-radius: 50% }
[data-tone=busy] .mark span { border-top-color: transparent; animation: turn 0.9s linear infinite }
[data-tone=rest] .mark span { width: 1rem; height: 1rem; border-width: 0 4px; border-radius: 0 }
[data-tone=trouble] .mark span { width: 0; height: 1.25rem; border-width: 0 2px; border-radius: 2px }
@keyframes turn { to { transform: rotate(1turn) } }
@media (prefers-reduced-motion: reduce) { .mark span { animation-duration: 6s !important } }
h1 { margin: 0; font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; text-wrap: balance }
p { margin: 0.6rem 0 0; color: var(--soft); text-wrap: pretty } #detail { color: var(--tone); font-weight: 500; overflow-wrap: anywhere } [data-tone=rest] #detail { color: var(--soft) }
button, .button { display: inline-block; margin-top: 1.4rem; padding: 0.6rem 1.4rem; border: 0; border-radius: 8px; background: var(--fill); color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer } button:hover, .button:hover { background: #4338ca } button:disabled { opacity: 0.6; cursor: default } button:focus-visible, .button:focus-visible { outline: 2px solid var(--fill); outline-offset: 3px }
footer { margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.85rem; overflow-wrap: anywhere }
`
