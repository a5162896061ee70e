/** Of a nonce. CSP Level 3 §7.1 */
export const NONCE_BYTES = 16

/** What a page is sent with. */
export interface PageHeaders {
  /** Fresh for every answer; the same that the page was rendered with. */
  readonly nonce: string
  /**
   * Redirect URIs that an answer to a form of this page may lead to, or `anywhere`. Chromium holds the whole chain
   * of redirects after a form against `form-action`: answers to web pages, which may send the browser on to others,
   * are handed over by the page `hand_over`, which begins a chain of its own and carries no form of ours.
   */
  readonly formActions?: readonly string[] | 'anywhere'
}

/**
 * Headers of a hosted page, in place of the edge's own of the same names. `same-origin`: addresses of pages
 * carry tokens, which no other site is told; with `no-referrer` forms would come in with `Origin: null`.
 */
export function pageHeaders({ nonce, formActions = [] }: PageHeaders): Record<string, string> {
  if (!/^[A-Za-z0-9_-]{16,}$/.test(nonce)) throw new Error('A nonce is base64url of at least 12 bytes')
  const formAction =
    formActions === 'anywhere'
      ? []
      : [`form-action ${[...new Set(["'self'", ...formActions.map(formActionSource)])].join(' ')}`]
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      "img-src 'self' https: data:",
      ...formAction,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
  }
}

/** What a source expression can name; other hosts are IPv6 addresses, or carry `*` or `;` to say more than a host. */
const PLAIN_ORIGIN = /^https?:\/\/[a-z0-9.-]+(:\d+)?$/

/** The origin of a web page; else the scheme alone, as of an application's own. CSP Level 3 §2.3.1 */
function formActionSource(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return PLAIN_ORIGIN.test(origin) ? origin : protocol
}
