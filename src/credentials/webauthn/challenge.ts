import { and, eq, gt, isNull } from 'drizzle-orm'
import { z } from 'zod'
import type { Row, WriteCtx } from '../../db/index.ts'
import { addSeconds, base64url, MINUTE, parseBase64url, sha256 } from '../../kernel/index.ts'

const CHALLENGE_BYTES = 32
export const CHALLENGE_SECONDS = 5 * MINUTE

/** What a challenge is for, and for whom: it counts for nothing and nobody else. */
export interface ChallengeUse {
  readonly purpose: Row<'webauthnChallenge'>['purpose']
  /** A user (registration, step-up) or a sign-in attempt; null for a passkey, which says itself whose it is. */
  readonly boundTo: string | null
}

/** 32 new bytes for an authenticator to sign, in base64url; only their digest is stored. */
export async function createChallenge(ctx: WriteCtx, use: ChallengeUse): Promise<string> {
  const challenge = ctx.random.bytes(CHALLENGE_BYTES)
  await ctx.tx.insert(ctx.tx.t.webauthnChallenge).values({
    digest: sha256(challenge),
    purpose: use.purpose,
    boundTo: use.boundTo,
    expiresAt: addSeconds(ctx.now, CHALLENGE_SECONDS),
  })
  return base64url(challenge)
}

/**
 * Spends the challenge that a response was made for, and returns it in base64url: of concurrent callers exactly one
 * gets it. Undefined: unknown, spent, expired, or of another use.
 */
export async function consumeChallenge(
  ctx: WriteCtx,
  input: ChallengeUse & { readonly clientDataJSON: string },
): Promise<string | undefined> {
  const text = parseClientData(input.clientDataJSON)?.challenge
  const challenge = text === undefined ? undefined : parseBase64url(text)
  if (!challenge) return undefined
  const { webauthnChallenge: c } = ctx.tx.t
  const [spent] = await ctx.tx
    .delete(c)
    .where(
      and(
        eq(c.digest, sha256(challenge)),
        eq(c.purpose, input.purpose),
        input.boundTo === null ? isNull(c.boundTo) : eq(c.boundTo, input.boundTo),
        gt(c.expiresAt, ctx.now),
      ),
    )
    .returning({ digest: c.digest })
  return spent && text
}

/**
 * Whether a response was made inside somebody else's frame. Such a one counts for nothing: pages that sign people in
 * are not framed, and a frame hides where the person believes to be. Level 3 §5.8.1, §13.4.9.
 */
export const isFromFrame = (clientDataJSON: string): boolean => {
  const clientData = parseClientData(clientDataJSON)
  return clientData?.crossOrigin === true || clientData?.topOrigin !== undefined
}

const ClientData = z.object({
  challenge: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
})

function parseClientData(clientDataJSON: string): z.infer<typeof ClientData> | undefined {
  const bytes = parseBase64url(clientDataJSON)
  if (!bytes) return undefined
  try {
    return ClientData.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data
  } catch {
    return undefined
  }
}
