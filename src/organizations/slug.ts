import { z } from 'zod'
import { UUID_PATTERN } from '../kernel/index.ts'

const MIN_LENGTH = 3
const MAX_LENGTH = 63 // of a DNS label, RFC 1035 §2.3.4
const SUFFIX_LENGTH = 9

/** Words that would read like a page, a role or the product itself where a slug stands in an address. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['admin', 'api', 'app', 'assets', 'auth', 'authy2', 'console', 'dev', 'docs', 'health', 'help'],
  ...['invite', 'invites', 'login', 'logout', 'metrics', 'new', 'oauth', 'oidc', 'openapi', 'organizations'],
  ...['owner', 'public', 'register', 'root', 'saml', 'scim', 'security', 'settings', 'signin', 'signup'],
  ...['ssh', 'static', 'status', 'support', 'system', 'users', 'well-known', 'www', 'zerotier'],
])

/** What an organization is called in addresses and claims. A UUID is none: it would be taken for an id. */
export const Slug = z
  .string()
  .min(MIN_LENGTH)
  .max(MAX_LENGTH)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single dashes between them')
  .refine((slug) => !isReserved(slug), 'is reserved')
  .meta({ examples: ['acme-corp'] })

/** The slug that a name suggests, with room left for a suffix. Always a valid one. */
export function slugFrom(name: string): string {
  const words =
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  const slug = words
    .join('-')
    .slice(0, MAX_LENGTH - SUFFIX_LENGTH)
    .replace(/-$/, '')
  return slug.length >= MIN_LENGTH && !isReserved(slug) ? slug : ['org', slug].filter(Boolean).join('-')
}

const isReserved = (slug: string): boolean => RESERVED.has(slug) || UUID_PATTERN.test(slug)
