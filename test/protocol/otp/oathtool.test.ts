/** The same codes as the OATH Toolkit makes, and its checks pass ours. */
import { describe, expect, test } from 'bun:test'
import { systemRandom } from '../../../src/kernel/index.ts'
import { encodeBase32 } from '../../../src/protocol/otp/base32.ts'
import { hotp } from '../../../src/protocol/otp/hotp.ts'
import { verifyTotp } from '../../../src/protocol/otp/totp.ts'

const isMissing = Bun.which('oathtool') === null && process.env.CI !== 'true'
const TRIALS = 25

/** A secret and a second, both at random. */
function trial() {
  const secret = systemRandom.bytes(20)
  const [now = 0] = new Uint32Array(systemRandom.bytes(4).buffer)
  return { secret, now, at: new Date(now * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC') }
}

async function oathtool(...words: string[]): Promise<{ code: number; output: string }> {
  const program = Bun.spawn(['oathtool', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = await program.stdout.text()
  return { code: await program.exited, output: output.trim() }
}

describe.skipIf(isMissing)('oathtool', () => {
  test('makes codes that are accepted here', async () => {
    for (let index = 0; index < TRIALS; index++) {
      const { secret, now, at } = trial()
      const { output } = await oathtool('--totp', '--base32', `--now=${at}`, encodeBase32(secret))
      expect(verifyTotp({ secret, code: output, now, lastStep: -1 })).toBe(Math.floor(now / 30))
    }
  })

  test('accepts codes that are made here, in the same window and no other', async () => {
    for (let index = 0; index < TRIALS; index++) {
      const { secret, now, at } = trial()
      const code = hotp({ secret, counter: Math.floor(now / 30) + 1, digits: 6 })
      const command = ['--totp', '--base32', `--now=${at}`, '--window=1', encodeBase32(secret)]
      expect((await oathtool(...command, code)).code).toBe(0)
      const late = hotp({ secret, counter: Math.floor(now / 30) + 3, digits: 6 })
      expect((await oathtool(...command, late)).code).not.toBe(0)
    }
  })
})
