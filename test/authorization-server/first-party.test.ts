import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import type { NewClient } from '../../src/clients/index.ts'
import { createOrganization } from '../../src/organizations/index.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { application, exchangeOf } from './application.ts'

const SCOPE = ['openid', 'roles', 'organizations']

/** Whose person is in another organization, too; `agreed`: what they agreed to themself. */
async function told(t: TestServer, agreed: readonly string[], body: Partial<NewClient> = {}) {
  const app = await application(t, { consent: 'first_party', scope: SCOPE.join(' '), ...body })
  const { user } = app.person
  await t.write((ctx) => createOrganization(ctx, user.id, { name: 'Elsewhere', slug: 'elsewhere' }))
  const { code, verifier, grantId } = await app.code({ scope: SCOPE })
  await t.write(({ tx }) => tx.update(tx.t.grant).set({ scopes: agreed }).where(eq(tx.t.grant.id, grantId)))
  const { body: tokens } = await app.token(exchangeOf(code, verifier))
  const response = await t.app.handle(
    new Request(`${t.deps.config.publicUrl}/oidc/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    }),
  )
  const slugs = (claims: Record<string, unknown>) => [
    claims.roles,
    (claims.organizations as { slug: string }[]).map(({ slug }) => slug),
  ]
  const { slug } = app.organization
  const own = [[`${slug}:owner`], [slug]]
  const all = [
    [`${slug}:owner`, 'elsewhere:owner'],
    [slug, 'elsewhere'],
  ]
  const answers = [
    slugs(decodeJwt(tokens.id_token)),
    slugs((await response.json()) as Record<string, unknown>),
  ]
  return { answers, own, all }
}

describe.each(testDialects)('a client whose people its organization does not ask on $name', (dialect) => {
  // Once whoever registered an application could learn what the members of their organization are everywhere else.
  test('learns what they are in that organization, and nothing of others', async () => {
    await using t = await testServer({ dialect })
    const { answers, own } = await told(t, [])
    expect(answers).toEqual([own, own])
  })

  test('learns of others what they have agreed to themselves, all of what it asks', async () => {
    await using t = await testServer({ dialect })
    const { answers, all } = await told(t, SCOPE)
    expect(answers).toEqual([all, all])
  })

  test('does not learn more by an agreement to something else', async () => {
    await using t = await testServer({ dialect })
    const { answers, own } = await told(t, ['openid', 'roles'])
    expect(answers).toEqual([own, own])
  })
})
