import { constantTimeEqual, utf8 } from '../../kernel/index.ts'
import { hotp } from './hotp.ts'

/** What every authenticator app can do, and many can do nothing else: SHA-1, 6 digits, 30 seconds. */
export const TOTP_DIGITS = 6
export const TOTP_STEP_SECONDS = 30
/** How many steps before and after the present one are accepted: for clocks that differ. RFC 6238 §5.2 */
const WINDOW_STEPS = 1

/**
 * Checks a code and returns the step that it belongs to, or undefined. `now` is epoch seconds. A step that is not
 * after `lastStep` is refused, so that a code that somebody saw does not count again. Takes the same time for
 * every text of six characters. RFC 6238 §4–5.2
 */
export function verifyTotp(input: {
  readonly secret: Uint8Array
  readonly code: string
  readonly now: number
  readonly lastStep: number
}): number | undefined {
  const { secret, now, lastStep } = input
  const code = utf8(input.code)
  const present = Math.floor(now / TOTP_STEP_SECONDS)
  let matched: number | undefined
  // Every step is compared, whichever fits. Should two have the same code, the later is spent, and the code with it.
  for (let step = Math.max(0, present - WINDOW_STEPS); step <= present + WINDOW_STEPS; step++) {
    const expected = hotp({ secret, counter: step, digits: TOTP_DIGITS })
    if (constantTimeEqual(utf8(expected), code) && step > lastStep) matched = step
  }
  return matched
}
