import { base64url } from '../kernel/index.ts'
import type { OAuthError } from '../protocol/oauth/index.ts'

/** What a person's browser is shown by the endpoints themselves, where it is not sent on to somewhere else. */
export interface PlainPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

/**
 * A form that sends itself to the client, or by its button where there are no scripts. What is in it comes from the
 * request, so it is escaped, and nothing runs but the one script. OAuth 2.0 Form Post Response Mode §2
 */
export function formPostPage(
  { action, fields }: { readonly action: string; readonly fields: Readonly<Record<string, string>> },
  entropy: Uint8Array,
): PlainPage {
  const nonce = base64url(entropy)
  return page(200, `script-src 'nonce-${nonce}'; form-action ${formAction(action)}`, {
    title: 'One moment',
    body:
      `<form id="answer" method="post" action="${escapeHtml(action)}">${hiddenInputs(fields)}` +
      '<p>You are being sent back to the application.</p><button>Continue</button></form>' +
      `<script nonce="${nonce}">document.getElementById('answer').submit()</script>`,
  })
}

/** What cannot be told to the client, because nobody knows that the address to tell it at is the client's. RFC 6749 §4.1.2.1 */
export const errorPage = (error: OAuthError): PlainPage =>
  page(error.status, '', {
    title: 'This link does not work',
    body:
      '<p>The application that sent you here asked for something that cannot be done. Go back to it and try again; ' +
      `if that does not help, tell its operator this:</p><p><code>${escapeHtml(error.code)}</code>: ${escapeHtml(error.message)}</p>`,
  })

export interface SignOutQuestion {
  readonly action: string
  /** Who asks for it, where an application does. */
  readonly applicationName: string | undefined
  /** The request, which the answer repeats. */
  readonly fields: Readonly<Record<string, string>>
  /** Where the browser goes on to after the form, which the content policy has to allow. */
  readonly leadsTo: string | undefined
}

/** Asks before anybody is signed out, so that no link can do it. RP-Initiated Logout 1.0 §2 */
export function signOutPage({ action, applicationName, fields, leadsTo }: SignOutQuestion): PlainPage {
  const asking = applicationName === undefined ? '' : `<p>${escapeHtml(applicationName)} asks for this.</p>`
  const targets = leadsTo === undefined ? "'self'" : `'self' ${formAction(leadsTo)}`
  return page(200, `form-action ${targets}`, {
    title: 'Sign out?',
    body:
      `${asking}<form method="post" action="${escapeHtml(action)}">${hiddenInputs(fields)}` +
      '<button name="decision" value="sign_out">Sign out</button></form>',
  })
}

export const signedOutPage = (): PlainPage =>
  page(200, '', { title: 'You are signed out', body: '<p>You can close this page.</p>' })

function page(
  status: number,
  policy: string,
  { title, body }: { readonly title: string; readonly body: string },
): PlainPage {
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'same-origin',
      'Content-Security-Policy': `default-src 'none'; frame-ancestors 'none'; base-uri 'none'${policy && `; ${policy}`}`,
    },
    html:
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
      '<meta name="viewport" content="width=device-width, initial-scale=1"></head>' +
      `<body><main><h1>${title}</h1>${body}</main></body></html>`,
  }
}

const hiddenInputs = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('')

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A plain origin, or the scheme of what has none: nothing that could end the directive. CSP Level 3 §2.3.1 */
function formAction(uri: string): string {
  const { origin, protocol } = new URL(uri)
  return /^https?:\/\/[a-z0-9.-]+(?::\d+)?$/.test(origin) ? origin : protocol
}
