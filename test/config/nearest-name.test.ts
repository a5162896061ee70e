import { expect, test } from 'bun:test'
import { nearestName } from '../../src/config/index.ts'

const NAMES = ['PORT', 'HOST', 'PUBLIC_URL', 'SESSION_IDLE_TIMEOUT']

test.each([
  ['PROT', 'PORT'],
  ['HOSTS', 'HOST'],
  ['PUBLICURL', 'PUBLIC_URL'],
  ['PUBLIC_URI', 'PUBLIC_URL'],
  ['SESSION_IDEL_TIMEOUT', 'SESSION_IDLE_TIMEOUT'],
])('%s is a slip of %s', (slip, name) => {
  expect(nearestName(slip, NAMES)).toBe(name)
})

test('what is far from every name has no nearest one', () => {
  expect(nearestName('COLOUR', NAMES)).toBeUndefined()
  expect(nearestName('PORT', [])).toBeUndefined()
})
