import { describe, expect, test } from 'bun:test'
import { SIGNING_ALGORITHMS } from '../../src/protocol/oauth/index.ts'
import { testDialects } from '../support/databases.ts'
import { commandLine } from './command.ts'

describe.each(testDialects)('authy2 keys rotate signing on $name', (dialect) => {
  test('publishes the next keys, says when they sign, and is recorded', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    const { status, output } = await authy2.run(['keys', 'rotate', 'signing'])
    expect(status).toBe(0)
    const lines = output.split('\n').map((line) => line.split(/\s+/))
    expect(lines.map(([algorithm]) => algorithm).sort()).toEqual(['ES256', 'EdDSA', 'RS256'])
    const { reader } = opened.database
    const rows = await reader.select().from(reader.t.signingKey)
    const next = rows.filter(({ generation }) => generation === 2)
    expect(lines.map(([, kid]) => kid).sort()).toEqual(next.map(({ id }) => id).sort())
    const events = await reader.select().from(reader.t.auditEvent)
    expect(events.filter(({ action }) => action === 'signing_key.rotate')).toHaveLength(3)
  })

  test('rotates one algorithm, and says so when its next key is waiting already', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    const words = ['keys', 'rotate', 'signing', '--algorithm', 'ES256']
    expect((await authy2.run(words)).output).toStartWith('ES256 ')
    const again = await authy2.run(words)
    expect([again.status, again.output]).toEqual([1, ''])
    expect(again.notes).toContain('The next key is published already')
  })

  test('replaces keys that were stolen at once, and says what that means', async () => {
    await using opened = await dialect.open()
    await using authy2 = commandLine({ DATABASE_URL: opened.url })
    const { status, notes } = await authy2.run(['keys', 'rotate', 'signing', '--compromised'])
    expect([status, notes]).toEqual([0, 'Tokens under the old keys are refused from then on.'])
  })
})

test('an unknown algorithm or kind of key is refused with a hint', async () => {
  await using authy2 = commandLine()
  const unknown = await authy2.run(['keys', 'rotate', 'signing', '--algorithm', 'HS256'])
  expect([unknown.status, unknown.notes]).toEqual([2, expect.stringContaining(SIGNING_ALGORITHMS.join(', '))])
  expect((await authy2.run(['keys', 'rotate', 'teeth'])).status).toBe(2)
})
