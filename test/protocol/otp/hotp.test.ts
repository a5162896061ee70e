import { describe, expect, test } from 'bun:test'
import { hotp } from '../../../src/protocol/otp/hotp.ts'

const secret = new TextEncoder().encode('12345678901234567890')

describe('RFC 4226 appendix D', () => {
  test.each([
    [0, '755224'],
    [1, '287082'],
    [2, '359152'],
    [3, '969429'],
    [4, '338314'],
    [5, '254676'],
    [6, '287922'],
    [7, '162583'],
    [8, '399871'],
    [9, '520489'],
  ])('counter %p gives %p', (counter, code) => {
    expect(hotp({ secret, counter, digits: 6 })).toBe(code)
  })
})

describe('RFC 6238 appendix B, SHA-1', () => {
  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('second %p gives %p', (seconds, code) => {
    expect(hotp({ secret, counter: Math.floor(seconds / 30), digits: 8 })).toBe(code)
  })
})
