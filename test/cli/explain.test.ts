import { describe, expect, test } from 'bun:test'
import { explain } from '../../src/cli/explain.ts'
import { MigrationError, StorageError } from '../../src/db/index.ts'
import { conflict, unavailable, validationError } from '../../src/kernel/index.ts'

const listenError = (code: string) => Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen' })

describe('a server that cannot listen is told which variable to set', () => {
  test.each([
    ['EADDRINUSE', 'PORT'],
    ['EACCES', 'PORT'],
    ['EADDRNOTAVAIL', 'HOST'],
  ])('%s', (code, variable) => {
    expect(explain(listenError(code))).toContain(variable)
  })

  test('another reason is told as it is', () => {
    expect(explain(listenError('EMFILE'))).toContain('listen EMFILE')
  })
})

test('a database that is away is told with its reason and where to look', () => {
  const error = unavailable(
    'The database cannot be reached.',
    5,
    new StorageError('connection refused', '08001'),
  )
  expect(explain(error)).toStartWith('The database cannot be reached.\nconnection refused\n')
  expect(explain(error)).toContain('DATABASE_URL')
})

test('a database that refuses is told in its own words', () => {
  const text = explain(new StorageError('password authentication failed for user "authy2"', '28P01'))
  expect(text).toContain('password authentication failed')
  expect(text).toContain('DATABASE_URL')
})

test('a database that is too new says what to do by itself', () => {
  expect(explain(new MigrationError('Install the newer version.'))).toBe('Install the newer version.')
})

test('what a service refuses is told without a stack, field by field', () => {
  expect(explain(conflict('There is one already.'))).toBe('There is one already.')
  expect(explain(validationError({ name: ['must not be empty'] }))).toEndWith('\n  must not be empty')
})

test('a bug shows its stack', () => {
  expect(explain(new TypeError('x is not a function'))).toContain('explain.test.ts')
  expect(explain('thrown text')).toBe('thrown text')
})
