import { expect, test } from 'bun:test'
import { loadConfig, type RateLimitName } from '../../src/config/index.ts'
import { ERROR_STATUS } from '../../src/kernel/index.ts'
import { readPages } from '../docs/pages.ts'
import { tableUnder } from '../docs/tables.ts'

const page = readPages().find(({ path }) => path === 'docs/errors.md')
const rowsUnder = (heading: string) => (page ? tableUnder(page, heading) : [])

test('the page on errors has the closed list of failures, with their statuses', () => {
  const documented = rowsUnder('Kinds of failure').map(([type = '', status]) => [type, Number(status)])
  expect(Object.fromEntries(documented)).toEqual(ERROR_STATUS)
  expect(documented).toHaveLength(Object.keys(ERROR_STATUS).length)
})

test('the page on errors has every limit, with its default', () => {
  const { limits } = loadConfig({ env: { NODE_ENV: 'test' }, envFile: false }).rateLimits
  const variableOf = (name: string) => `RATELIMIT_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`
  const UNITS: Readonly<Record<number, string>> = { 60: 'a minute', 3600: 'an hour' }
  const expected = (Object.keys(limits) as RateLimitName[]).map((name) => [
    variableOf(name),
    limits[name]
      .map(({ points, durationSeconds }) => `${points.toLocaleString('en')} ${UNITS[durationSeconds]}`)
      .join(', '),
  ])
  const documented = rowsUnder('Rate limits').map(([variable, defaults]) => [variable, defaults])
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected))
})
