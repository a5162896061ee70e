/**
 * The hosted pages: sign-in, second factors, registration, passwords, invites, enrolment, consent, devices, sign-out,
 * errors.
 * Routes: those of paths.ts, and what the authorization server shows people.
 * Invariants: complete without scripts but for passkeys; no inline style or handler, so that the content policy
 * needs nothing but a nonce; no form counts without the seal of the browser that it was given to; every word is in
 * every language; every rule is asked of the capability that owns it, at every step.
 */
export { browserPages } from './browser-pages.ts'
export { pageFailures } from './page-failures.ts'
export type { PageDeps } from './page-route.ts'
export { pages } from './routes.ts'
