import { domain, duration, flag, integer, listOf, oneOf, rateLimit } from '../formats.ts'
import type { Variable } from './variable.ts'

export const registration = {
  REGISTRATION: {
    format: oneOf('open', 'invite', 'closed'),
    default: 'open',
    description: 'Who may register: everybody, those who were invited, nobody.',
  },
  REGISTRATION_EMAIL_DOMAINS: {
    format: listOf(domain, 'domain names separated by commas'),
    unset: 'any',
    example: 'example.com,example.org',
    description: 'Domains of e-mail addresses that may register.',
  },
  AUTH_HIDE_EXISTENCE: {
    format: flag,
    default: 'false',
    description: 'Registering a known e-mail address answers like an unknown one and writes to its owner.',
  },
} satisfies Record<string, Variable>

export const passwords = {
  PASSWORD_HASH: {
    format: oneOf('argon2id', 'bcrypt'),
    default: 'argon2id',
    description: 'How new passwords are hashed; older hashes are upgraded at sign-in.',
  },
  BCRYPT_LOG_ROUNDS: {
    format: integer(4, 16),
    default: '12',
    description: 'Cost of bcrypt; at least 12 in production. 16 takes seconds a sign-in.',
  },
  PASSWORD_HASH_QUEUE: {
    format: integer(1, 10_000),
    default: '64',
    description: 'Sign-ins that may wait for a processor; further ones are told to come back.',
  },
  HIBP_ENABLED: {
    format: flag,
    default: 'false',
    description:
      'Look new passwords up among known leaks (Have I Been Pwned; five characters of a hash are sent).',
  },
} satisfies Record<string, Variable>

export const sessions = {
  MAX_SESSION_DURATION: { format: duration, default: '86400', description: 'How long a session lives.' },
  REMEMBER_SESSION_DURATION: {
    format: duration,
    default: '2592000',
    description: 'How long a session lives whose owner asked to be remembered.',
  },
  SESSION_IDLE_TIMEOUT: {
    format: duration,
    default: '43200',
    description: 'A session ends when unused for this long.',
  },
  REMEMBER_SESSION_IDLE_TIMEOUT: {
    format: duration,
    default: '604800',
    description: 'The same for a remembered session.',
  },
  SESSION_COOKIE_DOMAIN: {
    format: domain,
    unset: 'the host of PUBLIC_URL alone',
    example: 'example.com',
    description: 'Domain whose hosts all receive the session cookie.',
  },
  NEW_DEVICE_MAIL: {
    format: flag,
    default: 'true',
    description: 'Write to people who sign in from a new device.',
  },
} satisfies Record<string, Variable>

export const rateLimits = {
  RATELIMIT_ENABLED: { format: flag, default: 'true', description: 'Whether requests are limited at all.' },
  RATELIMIT_REGISTER: { format: rateLimit, default: '10/1m,50/1h', description: 'Registrations.' },
  RATELIMIT_LOGIN: { format: rateLimit, default: '20/1m,100/1h', description: 'Sign-ins.' },
  RATELIMIT_TOTP_VERIFY: {
    format: rateLimit,
    default: '20/1m,100/1h',
    description: 'Codes of authenticator apps, and backup codes.',
  },
  RATELIMIT_PASSKEY: {
    format: rateLimit,
    default: '60/1m,600/1h',
    description: 'Challenges for passkeys, and their answers: two a sign-in.',
  },
  RATELIMIT_FORGOT_PASSWORD: {
    format: rateLimit,
    default: '5/1m,20/1h',
    description: 'Requests for a reset mail.',
  },
  RATELIMIT_RESET_PASSWORD: { format: rateLimit, default: '10/1m,30/1h', description: 'Password resets.' },
  RATELIMIT_VERIFICATION: { format: rateLimit, default: '10/1m,30/1h', description: 'E-mail verifications.' },
  RATELIMIT_INVITE: { format: rateLimit, default: '60/1h', description: 'Invitations sent.' },
  RATELIMIT_OIDC_TOKEN: {
    format: rateLimit,
    default: '600/1m',
    description: 'Requests of one application to the token endpoint and those beside it.',
  },
  RATELIMIT_INTERACTION: {
    format: rateLimit,
    default: '600/1m',
    description: 'Requests of people on their way to an application, per address.',
  },
  RATELIMIT_USER_CODE: {
    format: rateLimit,
    default: '10/1m,50/1h',
    description: 'Codes of devices that one person looks up.',
  },
  RATELIMIT_API: { format: rateLimit, default: '6000/1h', description: 'Everything else, per caller.' },
} satisfies Record<string, Variable>
