import type { Config } from '../config/index.ts'

export interface Cookies {
  readonly names: Readonly<Record<CookieKind, string>>
  /** The value of a cookie that this server set, or undefined. */
  read(header: string | null, kind: CookieKind): string | undefined
  /** The `Set-Cookie` header; `maxAgeSeconds` absent: until the browser closes. */
  write(kind: CookieKind, value: string, maxAgeSeconds?: number): string
  clear(kind: CookieKind): string
}
/** `attempt`: a sign-in on the hosted pages that waits for its second factor. */
export type CookieKind = 'session' | 'device' | 'interaction' | 'attempt'

/**
 * HttpOnly, SameSite=Lax, for the whole site. Over HTTPS the name carries `__Host-` (RFC 6265bis §4.1.3.2),
 * so that no sibling domain can plant one; with a cookie domain of its own it can only be `__Secure-`. What binds an
 * interaction to its browser stays with this host in any case: planted, it would lend somebody else's sign-in.
 */
export function createCookies(config: Pick<Config, 'publicUrl' | 'session'>): Cookies {
  const secure = config.publicUrl.startsWith('https:')
  const domain = config.session.cookieDomain
  const prefix = (ofDomain: string | undefined) =>
    !secure ? '' : ofDomain === undefined ? '__Host-' : '__Secure-'
  const names: Record<CookieKind, string> = {
    session: `${prefix(domain)}authy2_session`,
    device: `${prefix(domain)}authy2_device`,
    interaction: `${prefix(undefined)}authy2_interaction`,
    attempt: `${prefix(undefined)}authy2_attempt`,
  }
  const ofHost = `; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  const ofDomain = domain === undefined ? ofHost : `${ofHost}; Domain=${domain}`
  const attributes = { session: ofDomain, device: ofDomain, interaction: ofHost, attempt: ofHost }
  return {
    names,
    read(header, kind) {
      if (header === null) return undefined
      const name = `${names[kind]}=`
      for (const pair of header.split(';')) {
        const text = pair.trim()
        if (text.startsWith(name)) return text.slice(name.length)
      }
      return undefined
    },
    write: (kind, value, maxAgeSeconds) =>
      `${names[kind]}=${value}${attributes[kind]}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}`,
    clear: (kind) => `${names[kind]}=${attributes[kind]}; Max-Age=0`,
  }
}
