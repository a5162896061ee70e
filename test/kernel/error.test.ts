import { describe, expect, test } from 'bun:test'
import {
  AppError,
  badRequest,
  conflict,
  ERROR_STATUS,
  type ErrorType,
  forbidden,
  notFound,
  tooManyRequests,
  unauthenticated,
  unavailable,
  validationError,
} from '../../src/kernel/index.ts'

test('the list of failures is closed: each type has the status of the contract', () => {
  expect(ERROR_STATUS).toEqual({
    VALIDATION_ERROR: 400,
    BAD_REQUEST: 400,
    AUTHENTICATION_ERROR: 401,
    AUTHORIZATION_ERROR: 403,
    COMPLIANCE_REQUIRED: 403,
    STEP_UP_REQUIRED: 403,
    NOT_FOUND: 404,
    METHOD_NOT_ALLOWED: 405,
    CONFLICT: 409,
    PAYLOAD_TOO_LARGE: 413,
    UNSUPPORTED_MEDIA_TYPE: 415,
    RATE_LIMIT_EXCEEDED: 429,
    HEADERS_TOO_LARGE: 431,
    INTERNAL_ERROR: 500,
    UPSTREAM_ERROR: 502,
    SERVICE_UNAVAILABLE: 503,
  })
})

describe('a failure', () => {
  test.each<[AppError, ErrorType, Record<string, unknown>, Record<string, string>]>([
    [badRequest('No.'), 'BAD_REQUEST', {}, {}],
    [badRequest('No.', { a: 1 }), 'BAD_REQUEST', { a: 1 }, {}],
    [validationError({ name: ['is missing'] }), 'VALIDATION_ERROR', { fields: { name: ['is missing'] } }, {}],
    [unauthenticated(), 'AUTHENTICATION_ERROR', {}, { 'WWW-Authenticate': 'Bearer realm="Authy2"' }],
    [forbidden(), 'AUTHORIZATION_ERROR', {}, {}],
    [notFound('User'), 'NOT_FOUND', {}, {}],
    [conflict('Taken.'), 'CONFLICT', {}, {}],
    [tooManyRequests(7), 'RATE_LIMIT_EXCEEDED', { retry_after_seconds: 7 }, { 'Retry-After': '7' }],
    [unavailable('Away.'), 'SERVICE_UNAVAILABLE', {}, { 'Retry-After': '1' }],
  ])('%s has its type, status, details and headers', (error, type, details, headers) => {
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ name: 'AppError', type, status: ERROR_STATUS[type] })
    expect({ ...error.details }).toEqual({ ...details })
    expect({ ...error.headers }).toEqual({ ...headers })
    expect(error.message).toMatch(/\.$/)
  })

  test('keeps its cause out of what is shown', () => {
    const error = unavailable('Away.', 1, new Error('secret'))
    expect(error.cause).toEqual(new Error('secret'))
    expect(JSON.stringify({ message: error.message, details: error.details })).not.toContain('secret')
    expect('cause' in badRequest('No.')).toBe(false)
  })
})
