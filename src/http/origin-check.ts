import type { Config } from '../config/index.ts'
import { forbidden } from '../kernel/index.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a browser was made to send by another site. An unsafe request that a cookie authenticates
 * must prove where it comes from by `Origin` or `Sec-Fetch-Site`; one without credentials (signing in) must
 * not come from elsewhere if it says so, else a foreign page could sign a visitor in as somebody else.
 *
 * PUBLIC_URL says what this site is. The Host header does not: a name that somebody pointed at this server is
 * of the same origin as itself (DNS rebinding). Only on a desk it counts, where people say `127.0.0.1` for
 * `localhost`, and cookies belong to one host.
 */
export function originCheck(config: Pick<Config, 'environment' | 'publicUrl' | 'corsOrigins'>) {
  const allowed = new Set([config.publicUrl, ...config.corsOrigins])
  const isAnyAllowed = allowed.delete('*')
  const isHostBelieved = config.environment !== 'production' && !config.publicUrl.startsWith('https:')
  return (request: Request, isByCookie: boolean): void => {
    if (SAFE_METHODS.has(request.method)) return
    const { headers } = request
    const origin = headers.get('origin')
    if (origin !== null) {
      if (allowed.has(origin)) return
      if (isHostBelieved && origin === `http://${headers.get('host') ?? ''}`) return
      // Pages of everywhere may call, but not with the cookies of whoever looks at them.
      if (isAnyAllowed && !isByCookie) return
      throw forbidden('This request comes from an origin that is not PUBLIC_URL. Add it to CORS_ORIGINS.')
    }
    const site = headers.get('sec-fetch-site')
    if (site === 'same-origin' || site === 'none') return
    if (site !== null || isByCookie) {
      throw forbidden('A request with a cookie must say that it comes from this site (Origin header).')
    }
  }
}
