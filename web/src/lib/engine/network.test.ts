import { expect, test } from 'vitest'
import { rulesOf, type SandboxNetwork } from './network.ts'

const network: SandboxNetwork = {
  pool: '10.90.0.0/16',
  lanBlocked: true,
  internetBlocked: false,
  exceptions: [],
  hostPorts: [8000],
  nameServers: [],
  enforced: true,
  notices: [],
}
const ruleOf = (place: RegExp, over: Partial<SandboxNetwork> = {}) => {
  const rule = rulesOf({ ...network, ...over }).find((one) => place.test(one.place))
  if (!rule) throw new Error(`There is no rule for ${place.source}.`)
  return rule
}

test('blocked traffic is shown as blocked, with the variable that allows it', () => {
  expect(ruleOf(/LAN/)).toMatchObject({ verdict: 'Blocked', variables: ['SANDBOX_LAN=allow'] })
  expect(ruleOf(/Internet/)).toMatchObject({ verdict: 'Allowed', variables: ['SANDBOX_INTERNET=block'] })
})

test('a rule that is not in force is not told as blocked', () => {
  expect(ruleOf(/LAN/, { enforced: false })).toMatchObject({ verdict: 'Not blocked', tone: 'warning' })
})

test('ports of this machine are listed as people write lists', () => {
  expect(ruleOf(/This machine/, { hostPorts: [] }).text).toMatch(/no port/i)
  expect(ruleOf(/This machine/, { hostPorts: [8000] }).text).toContain('port 8000')
  expect(ruleOf(/This machine/, { hostPorts: [80, 443, 8000] }).text).toContain('ports 80, 443 and 8000')
})

test('exceptions are listed, with a hint when the list is empty', () => {
  expect(ruleOf(/Exceptions/)).toMatchObject({ verdict: 'None' })
  expect(ruleOf(/Exceptions/, { exceptions: ['10.9.0.0/16'] })).toMatchObject({
    verdict: 'Allowed',
    text: '10.9.0.0/16.',
  })
})
