import { eq } from 'drizzle-orm'
import type { ReadCtx } from '../db/index.ts'
import { forbidden } from '../kernel/index.ts'
import { emailDomain, normalizeEmail } from '../users/index.ts'

/** Throws AUTHORIZATION_ERROR for an address of a domain that the organization's security policy does not list. */
export async function requireAllowedDomain(
  ctx: ReadCtx,
  organizationId: string,
  email: string,
): Promise<void> {
  const { securityPolicy } = ctx.reader.t
  const [policy] = await ctx.reader
    .select({ domains: securityPolicy.allowedEmailDomains })
    .from(securityPolicy)
    .where(eq(securityPolicy.organizationId, organizationId))
  const domains = policy?.domains ?? []
  if (domains.length === 0 || domains.includes(emailDomain(normalizeEmail(email)))) return
  throw forbidden('Only addresses of certain domains can belong to this organization.', {
    allowed_domains: domains,
  })
}
