import { forbidden } from '../kernel/index.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a browser was made to send by another site. An unsafe request that a cookie authenticates
 * must prove where it comes from by `Origin` or `Sec-Fetch-Site`; one without credentials (signing in) must
 * not come from elsewhere if it says so, else a foreign page could sign a visitor in as somebody else.
 */
export function originCheck(publicUrl: string, corsOrigins: readonly string[]) {
  const allowed = new Set([publicUrl, ...corsOrigins])
  const allowsAny = allowed.has('*')
  return (request: Request, isByCookie: boolean): void => {
    if (SAFE_METHODS.has(request.method)) return
    const origin = request.headers.get('origin')
    if (origin !== null) {
      if (allowed.has(origin) || allowsAny || origin === new URL(request.url).origin) return
      throw forbidden('This request comes from an origin that is not allowed. Add it to CORS_ORIGINS.')
    }
    const site = request.headers.get('sec-fetch-site')
    if (site === 'same-origin' || site === 'none') return
    if (site !== null || isByCookie) {
      throw forbidden('A request with a cookie must say that it comes from this site (Origin header).')
    }
  }
}
