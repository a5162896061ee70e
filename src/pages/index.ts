/**
 * The hosted pages: sign-in, second factors, registration, passwords, invites, consent, devices, sign-out, errors.
 * Rendered here as HTML from plain values; what goes into them and what their forms mean is decided elsewhere.
 * Invariants: complete without scripts but for passkeys; no inline style or handler, so that the content policy
 * needs nothing but a nonce; every form of ours carries the CSRF token; every word is in every language.
 */
export { pageHeaders } from './headers.ts'
export { chooseLocale, LOCALES, type Locale } from './locale.ts'
export type { Problem } from './messages/problem.ts'
export type { Branding } from './parts/frame.tsx'
export { passkeyScript } from './passkey-script.ts'
export { PATHS } from './paths.ts'
export { type Page, type PageKind, renderPage } from './render-page.tsx'
