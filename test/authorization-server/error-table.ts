/**
 * What every row of the tables in `errors-*.test.ts` is held to. A row is an error of a standard, the request that
 * causes it and how it is told; `errors-complete.test.ts` holds them to be all that there are.
 */

import { expect } from 'bun:test'
import type { OAuthErrorCode } from '../../src/protocol/oauth/error.ts'
import { parsePage } from '../pages/document.ts'
import type { TestServer } from '../support/server.ts'
import type { OAuthAnswer } from './application.ts'
import type { Page } from './browser.ts'

/** The section that defines the error, the request, and the code. */
export type ErrorRow<Request> = readonly [
  section: string,
  what: string,
  code: OAuthErrorCode,
  request: Request,
]

/** RFC 6749 §5.2: JSON that nobody keeps, with a description in its few characters, and nothing else. */
export function expectJsonError(
  { status, headers, body }: OAuthAnswer,
  expected: { readonly status: number; readonly code: OAuthErrorCode },
): void {
  expect([status, body]).toEqual([
    expected.status,
    { error: expected.code, error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) },
  ])
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('pragma')).toBe('no-cache')
}

export type Mode = 'query' | 'fragment' | 'form_post'

/**
 * RFC 6749 §4.1.2.1: to the client, by the channel that it asked for, with its state, who answers (RFC 9207 §2), and
 * no code.
 */
export function expectErrorByBrowser(
  t: TestServer,
  page: Page,
  { mode, code, callback }: { readonly mode: Mode; readonly code: OAuthErrorCode; readonly callback: string },
): void {
  const fields = mode === 'form_post' ? fieldsOf(page, callback) : parametersOf(page, { mode, callback })
  expect(fields).toEqual({
    error: code,
    error_description: expect.stringMatching(/^[\x20-\x7e]+$/),
    state: 'af0ifjsldkj',
    iss: t.deps.config.oidc.issuer,
  })
  expect(page.headers.get('cache-control')).toBe('no-store')
}

function parametersOf(
  { status, location }: Page,
  { mode, callback }: { readonly mode: Mode; readonly callback: string },
): Record<string, string> {
  const separator = mode === 'fragment' ? '#' : '?'
  expect([status, location?.href]).toEqual([303, expect.stringContaining(`${callback}${separator}error=`)])
  return Object.fromEntries(new URLSearchParams(location?.href.slice(callback.length + 1)))
}

function fieldsOf({ status, text }: Page, callback: string): Record<string, string> {
  expect(status).toBe(200)
  const document = parsePage(text)
  const [form] = document.all('form')
  expect(form?.attributes.get('action')).toBe(callback)
  return form ? document.fieldsOf(form) : {}
}
