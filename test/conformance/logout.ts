import { expect } from 'bun:test'
import type { Page } from '../authorization-server/browser.ts'
import { parsePage } from '../pages/document.ts'
import { checkErrorCallback, titleOf } from './callback.ts'
import { type Flow, signIn } from './flow.ts'
import { open } from './person.ts'
import type { Run } from './plan.ts'
import { type RelyingParty, requestOf } from './request.ts'
import { NEEDS_THE_PERSON } from './session-modules.ts'

export const POST_LOGOUT = 'https://www.certification.openid.net/test/a/authy2/post_logout_redirect'

/** Somebody has signed in to the application, and is sent to sign out. */
export interface SigningOut {
  readonly flow: Flow
  readonly page: Page
  readonly state: string
}

type EndSessionRequest = Readonly<Record<string, string | undefined>>

/** What the suite sends, with changes; undefined leaves a parameter out. RP-Initiated Logout 1.0 §2 */
export async function signOut(
  run: Run,
  rp: RelyingParty,
  change: (idToken: string) => EndSessionRequest | Promise<EndSessionRequest> = () => ({}),
): Promise<SigningOut> {
  const flow = await signIn(run, rp)
  const state = 's'.repeat(128)
  const idToken = flow.tokens.id_token ?? ''
  const asked = {
    id_token_hint: idToken,
    post_logout_redirect_uri: POST_LOGOUT,
    state,
    ...(await change(idToken)),
  }
  const given = Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const { pathname } = new URL(run.op.as.end_session_endpoint ?? '')
  const page = await run.browser.get(`${pathname}?${new URLSearchParams(given)}`)
  return { flow, page: await settled(run, page), state }
}

/** As a person does who is asked whether they want to. */
export async function confirm(run: Run, page: Page): Promise<Page> {
  expect(
    parsePage(page.text)
      .all('form')
      .map(({ attributes }) => attributes.get('action')),
  ).toContain('/logout')
  return settled(run, await run.browser.submit(page, { decision: 'sign_out' }, '/logout'))
}

export const asksWhether = ({ text }: Page): boolean =>
  parsePage(text)
    .all('button')
    .some(({ attributes }) => attributes.get('value') === 'sign_out')

/** Follows to where the browser stays, or leaves this server. */
async function settled({ op, browser }: Run, page: Page): Promise<Page> {
  let last = page
  for (let step = 0; step < 5 && last.location?.origin === op.as.issuer; step++) {
    last = await browser.get(last.location.pathname + last.location.search)
  }
  return last
}

/** Back at the application's own address, with the state if it sent one, and nothing more. §3 */
export function checkSentBack(page: Page, state: string | null): void {
  if (!page.location) throw new Error(`The browser was not sent back: ${titleOf(page)}`)
  const { origin, pathname, searchParams } = page.location
  expect(`${origin}${pathname}`).toBe(POST_LOGOUT)
  expect(searchParams.get('state')).toBe(state)
  expect([...searchParams.keys()]).toEqual(state === null ? [] : ['state'])
}

/** Whether the person is out, asked as an application asks: without a question to them. */
export async function checkSignedOut(run: Run, rp: RelyingParty): Promise<void> {
  const request = requestOf(run, rp, { prompt: 'none', state: 's'.repeat(128) })
  checkErrorCallback(run, rp, { request, landing: await open(run, request.url), errors: NEEDS_THE_PERSON })
}

/** Neither to the address that was asked for nor anywhere else, and the reason is told on a page. */
export function checkNotSentBack(page: Page): void {
  expect(page.location).toBeUndefined()
  expect(page.headers.get('content-type')).toStartWith('text/html')
  expect([200, 400]).toContain(page.status)
}
