import { secretWeakness } from './strength.ts'
import { isLoopbackHost } from './urls.ts'
import { VARIABLES, type Values, type VariableName } from './variables/table.ts'

/**
 * What no single format can tell: answers what is expected of `variable` instead, or undefined.
 * `given` holds the accepted texts of those variables that do not rest on a default.
 */
export type Rule = {
  readonly variable: VariableName
  readonly check: (values: Values, given: ReadonlyMap<VariableName, string>) => string | undefined
}

/** Variables that must fit each other. */
export const COMBINATIONS: readonly Rule[] = [
  together('TLS_CERT_FILE', 'TLS_KEY_FILE'),
  together('TLS_KEY_FILE', 'TLS_CERT_FILE'),
  together('SMTP_USER', 'SMTP_PASSWORD'),
  together('SMTP_PASSWORD', 'SMTP_USER'),
  ...(['SMTP_HOST', 'SMTP_PORT', 'SMTP_USER', 'SMTP_PASSWORD'] as const).map(
    (variable): Rule => ({
      variable,
      check: (values) => {
        if (values[variable] === undefined) return undefined
        if (values.SMTP_URL) return 'nothing beside SMTP_URL, which says it'
        return values.SMTP_HOST ? undefined : 'SMTP_HOST to be set with it'
      },
    }),
  ),
  {
    variable: 'SMTP_TLS',
    check: ({ SMTP_URL, SMTP_TLS }) =>
      SMTP_URL?.secure && SMTP_TLS && SMTP_TLS !== 'tls' ? 'tls, as smtps:// in SMTP_URL says' : undefined,
  },
  {
    // A browser drops such a cookie without a word, and nobody could sign in. RFC 6265 §5.3
    variable: 'SESSION_COOKIE_DOMAIN',
    check: ({ SESSION_COOKIE_DOMAIN: domain, PUBLIC_URL }) => {
      const host = new URL(PUBLIC_URL).hostname
      const covers = domain === undefined || host === domain || host.endsWith(`.${domain}`)
      return covers ? undefined : `the host of PUBLIC_URL (${host}) or a domain above it`
    },
  },
  {
    // Browsers refuse everything else. Web Authentication Level 3 §5.1.3, step 8
    variable: 'WEBAUTHN_RP_ID',
    check: ({ WEBAUTHN_RP_ID: domain, PUBLIC_URL }) => {
      const host = new URL(PUBLIC_URL).hostname
      const isAbove = domain?.includes('.') && host.endsWith(`.${domain}`) // no domain is only `com`
      return domain === undefined || domain === host || isAbove
        ? undefined
        : `the host of PUBLIC_URL (${host}) or a registrable domain above it`
    },
  },
  {
    // Applications send people there, and their forms, cookies and passkeys are good at PUBLIC_URL only.
    variable: 'OIDC_ISSUER_URL',
    check: ({ OIDC_ISSUER_URL, PUBLIC_URL }) =>
      OIDC_ISSUER_URL === PUBLIC_URL
        ? undefined
        : `PUBLIC_URL (${PUBLIC_URL}), where people sign in; set PUBLIC_URL to the address that applications know, and leave this out`,
  },
]

/** What is convenient on a desk and dangerous on the internet. */
export const PRODUCTION: readonly Rule[] = [
  {
    variable: 'PUBLIC_URL',
    check: ({ PUBLIC_URL }, given) => {
      const { protocol, hostname } = new URL(PUBLIC_URL)
      if (!given.has('PUBLIC_URL')) return 'to be set in production'
      return protocol === 'https:' || isLoopbackHost(hostname) ? undefined : 'https in production'
    },
  },
  {
    variable: 'CORS_ORIGINS',
    check: ({ CORS_ORIGINS }) =>
      CORS_ORIGINS?.includes('*')
        ? 'named origins in production, because requests carry credentials'
        : undefined,
  },
  {
    variable: 'WEBAUTHN_ORIGINS',
    check: ({ WEBAUTHN_ORIGINS = [] }) => {
      const isSecure = (origin: string) =>
        origin.startsWith('https:') || isLoopbackHost(new URL(origin).hostname)
      return WEBAUTHN_ORIGINS.every(isSecure) ? undefined : 'https origins in production'
    },
  },
  {
    variable: 'BCRYPT_LOG_ROUNDS',
    check: ({ BCRYPT_LOG_ROUNDS }) => (BCRYPT_LOG_ROUNDS < 12 ? 'at least 12 in production' : undefined),
  },
  {
    variable: 'METRICS_TOKEN',
    check: ({ METRICS_TOKEN }) =>
      METRICS_TOKEN && METRICS_TOKEN.length < 16 ? 'at least 16 characters in production' : undefined,
  },
  ...(Object.keys(VARIABLES) as VariableName[])
    .filter((variable) => VARIABLES[variable].secret)
    .map(
      (variable): Rule => ({
        variable,
        check: (_, given) =>
          isPublished(variable, given.get(variable))
            ? 'a value of your own in production, not the example'
            : undefined,
      }),
    ),
  strongKeys('SECRET_KEY'),
  strongKeys('ENCRYPTION_KEY'),
]

function together(variable: VariableName, other: VariableName): Rule {
  return {
    variable,
    check: (values) => (values[variable] && !values[other] ? `${other} to be set with it` : undefined),
  }
}

/** Each of several keys counts: whoever has an old one can still read and sign. */
function strongKeys(variable: 'SECRET_KEY' | 'ENCRYPTION_KEY'): Rule {
  const expected = 'secrets of 32 random bytes in production, such as `openssl rand -base64 32` prints'
  return {
    variable,
    check: ({ [variable]: keys }) => {
      if (keys === undefined) return expected
      for (const [index, key] of keys.entries()) {
        const weakness = secretWeakness(key)
        if (weakness) return `${expected}; of number ${index + 1}, ${weakness}`
      }
      return undefined
    },
  }
}

/** Everybody who can read the documents knows these values. */
const isPublished = (variable: VariableName, given: string | undefined): boolean =>
  given !== undefined && given === VARIABLES[variable].example
