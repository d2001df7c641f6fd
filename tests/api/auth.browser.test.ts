import { expect, test } from 'vitest'
import { begin, cookieHeader, get, startSignIn } from '../kit/oauth-browser.ts'

/** Headers of browsers that the provider sends back. */
const NAVIGATION = { 'sec-fetch-site': 'cross-site', accept: 'text/html,*/*' }

test.for([
  ['a browser that says so', { 'sec-fetch-mode': 'navigate', ...NAVIGATION }, { 'sec-fetch-site': 'same-origin' }],
  ['a browser over plain http', { accept: NAVIGATION.accept }, { 'user-agent': 'Mozilla/5.0' }],
] as const)('in %s, a sign-in can only be finished where it was started', async ([, navigation, page]) => {
  const { app, at } = await startSignIn()
  const ours = await begin(app, 'github', '/', page)
  const name = `sign-in-${ours.state.slice(0, 8)}`
  expect(ours.cookies).toEqual([`${name}=${ours.state}; HttpOnly; Max-Age=600; Path=/api/auth; SameSite=lax`])
  const { pathname, search } = await at.visit(ours.url)
  const theirs = await begin(app, 'github', '/', page)
  const asked = at.requests.length
  for (const cookie of ['', cookieHeader(theirs.cookies)]) {
    const refused = await get(app.url + pathname + search, { ...navigation, cookie })
    expect([refused.status, refused.headers.get('location')]).toEqual([303, '/login?problem=refused'])
    expect(refused.cookies).toEqual([])
  }
  expect(at.requests).toHaveLength(asked)
  const tabs = `a=b; ${cookieHeader(theirs.cookies)}; ${cookieHeader(ours.cookies)}`
  const right = await get(app.url + pathname + search, { ...navigation, cookie: tabs })
  expect([right.status, right.headers.get('location'), right.cookies.length]).toEqual([303, '/', 1])
})

test('people in a browser get a page that says what went wrong', async () => {
  const { app, at } = await startSignIn()
  const goTo = async () => {
    const { url, cookies } = await begin(app, 'gitlab', '/', { 'user-agent': 'Mozilla/5.0' })
    const { pathname, search } = await at.visit(url)
    const answer = await get(app.url + pathname + search, { ...NAVIGATION, cookie: cookieHeader(cookies) })
    expect([answer.status, answer.cookies]).toEqual([303, []])
    return answer.headers.get('location')
  }
  at.fail('gitlab', 'profile', 'error')
  expect(await goTo()).toBe('/login?problem=broken')
  at.heal()
  at.denies = true
  expect(await goTo()).toBe('/login?problem=refused')
})
