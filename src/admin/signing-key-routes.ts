import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Row } from '../db/index.ts'
import { Envelope, guard, type HttpDeps, Instant, instantOrNull, success } from '../http/index.ts'
import { listSigningKeys, type SigningKeys, signingKeyState } from '../keys/index.ts'
import { SIGNING_ALGORITHMS } from '../protocol/oauth/index.ts'

/** What the routes of administrators need beside what all routes do. */
export interface AdminDeps extends HttpDeps {
  readonly signingKeys: SigningKeys
}

const Algorithm = z.enum(SIGNING_ALGORITHMS)

export const SigningKey = z
  .object({
    kid: z.string().describe('Its thumbprint (RFC 7638), as in the header of tokens'),
    algorithm: Algorithm,
    state: z.enum(['next', 'active', 'retired', 'removed']),
    published_at: Instant,
    active_from: Instant,
    retired_at: Instant.nullable().describe('When its successor takes over; null without one'),
    removed_at: Instant.nullable().describe('Until when it still verifies; null without a successor'),
  })
  .meta({ id: 'SigningKey' })
export type SigningKey = z.infer<typeof SigningKey>

export const SigningKeyRotation = z
  .object({
    algorithm: Algorithm.optional().describe('All where it is left out'),
    is_compromised: z
      .boolean()
      .optional()
      .meta({ default: false })
      .describe(
        'Stop trusting all older keys of the algorithm in 15 seconds: every token that they signed ends; refresh tokens go on',
      ),
  })
  .meta({ examples: [{ algorithm: 'ES256' }] })
export type SigningKeyRotation = z.infer<typeof SigningKeyRotation>

const SigningKeys200 = { 200: Envelope(z.object({ signing_keys: z.array(SigningKey) })) }

/** What tokens are signed with. */
export const signingKeyRoutes = (deps: AdminDeps) =>
  new Elysia({
    name: 'admin/signing-keys',
    prefix: '/api/v1/admin/signing-keys',
    tags: ['Instance administration'],
  })
    .use(guard(deps))
    .get(
      '',
      async ({ origin }) => {
        await deps.signingKeys.publicKeys() // an instance that has signed nothing yet makes them now
        const rows = await deps.read(origin, listSigningKeys)
        const now = deps.clock.now()
        return success(origin, { signing_keys: rows.map((row) => signingKeyView(row, now)) })
      },
      {
        instanceAdmin: 'admin:read',
        response: SigningKeys200,
        detail: { summary: 'List the keys that tokens are signed with' },
      },
    )
    .post(
      '/rotate',
      async ({ origin, body }) => {
        const { algorithm, is_compromised: isCompromised } = body ?? {}
        const rows = await deps.signingKeys.rotate(origin, { algorithm, isCompromised })
        const now = deps.clock.now()
        const message = isCompromised
          ? 'The new keys sign in 15 seconds. The old ones end then, with every token that they signed.'
          : 'The next keys are published, and sign a day from now.'
        return success(origin, { signing_keys: rows.map((row) => signingKeyView(row, now)) }, { message })
      },
      {
        instanceAdmin: true,
        stepUp: true,
        fails: ['CONFLICT'],
        body: SigningKeyRotation.optional(),
        response: SigningKeys200,
        detail: {
          summary: 'Publish the keys that will sign next',
          description: 'Answers with the new keys. CONFLICT where each algorithm has one waiting already.',
        },
      },
    )

const signingKeyView = (row: Row<'signingKey'>, now: Date): SigningKey => ({
  kid: row.id,
  algorithm: row.algorithm,
  state: signingKeyState(row, now),
  published_at: row.publishedAt.toISOString(),
  active_from: row.activeFrom.toISOString(),
  retired_at: instantOrNull(row.retiredAt),
  removed_at: instantOrNull(row.removeAfter),
})
