import type { Config } from '../config/index.ts'
import type { Row } from '../db/index.ts'
import { createCookies } from '../http/index.ts'
import { secondsUntil } from '../kernel/index.ts'
import type { BegunSession, PresentedCookies } from './begin-session.ts'

/** Browsers keep a cookie no longer than this (RFC 6265bis §5.5). */
const DEVICE_COOKIE_SECONDS = 400 * 86_400

/** What sign-ins read from a browser, and leave there. */
export function sessionCookies(config: Config) {
  const jar = createCookies(config)

  /** A session that is not remembered also ends with the browser. */
  const ofSession = (session: Row<'session'>, token: string, now: Date): string =>
    jar.write('session', token, session.isRemembered ? secondsUntil(now, session.expiresAt) : undefined)

  return {
    ofSession,
    ofBegun: ({ session, token, deviceToken }: BegunSession): string[] => [
      ofSession(session, token, session.authenticatedAt),
      ...(deviceToken === undefined ? [] : [jar.write('device', deviceToken, DEVICE_COOKIE_SECONDS)]),
    ],
    presented({ headers }: Request): PresentedCookies {
      const header = headers.get('cookie')
      return { session: jar.read(header, 'session'), device: jar.read(header, 'device') }
    },
    clearSession: (): string => jar.clear('session'),
  }
}
