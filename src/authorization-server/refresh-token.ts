import { and, eq } from 'drizzle-orm'
import {
  insertRow,
  placeholder,
  placeholderValue,
  type ReadCtx,
  type Row,
  type WriteCtx,
} from '../db/index.ts'
import {
  addSeconds,
  base64url,
  createToken,
  hex,
  sha256,
  tokenDigest,
  tokenName,
  utf8,
} from '../kernel/index.ts'
import type { Authorization, Recipient } from './authorization.ts'
import { isPublic } from './endpoint.ts'
import { refreshTokenSeconds } from './lifetimes.ts'

/** How long an answer that got lost can be asked for again. */
const RETRY_SECONDS = 10
/** Of the id of a family: a UUID; a digest where it began with a token that named none, as they once did. */
const ID_BYTES = [16, 32] as const

/** What the text of a refresh token tells by itself. */
export interface PresentedRefreshToken {
  readonly text: string
  /** Of its family. */
  readonly id: string
  readonly digest: Uint8Array
}

/** Undefined for a text that is none. */
function readRefreshToken(text: string): PresentedRefreshToken | undefined {
  const digest = tokenDigest('refresh', text)
  if (digest) return { text, digest, id: hex(digest) }
  for (const bytes of ID_BYTES) {
    const name = tokenName('refresh', text, bytes)
    if (name) return { text, digest: sha256(text), id: idOf(name) }
  }
  return undefined
}

const idOf = (name: Uint8Array): string =>
  hex(name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const createRefreshToken = ({ random }: Pick<WriteCtx, 'random'>, id: string): string =>
  createToken('refresh', random, Buffer.from(id.replaceAll('-', ''), 'hex'))

/**
 * Issues the refresh token of a new family. A public client's is bound to the key of its DPoP proof, if it sent one:
 * nothing else tells the client from whoever stole the token. RFC 9449 §5
 */
export async function issueRefreshToken(
  ctx: WriteCtx,
  { client, thumbprint }: Pick<Recipient, 'client' | 'thumbprint'>,
  authorization: Authorization,
): Promise<string> {
  const { userId, grantId, familyId, scopes, resources, claims } = authorization
  const { sessionId, authTime, acr, amr } = authorization
  const text = createRefreshToken(ctx, familyId)
  await insertRow(ctx.tx, ctx.tx.t.refreshToken, {
    id: familyId,
    clientId: client.id,
    userId,
    grantId,
    scopes,
    resources,
    claims,
    dpopJkt: isPublic(client) ? (thumbprint ?? null) : null,
    sessionId,
    authTime,
    acr,
    amr,
    createdAt: ctx.now,
    expiresAt: addSeconds(ctx.now, refreshTokenSeconds(client, ctx.config)),
    digest: sha256(text),
    rotatedAt: null,
    previousDigest: null,
    sealed: null,
  })
  return text
}

export interface FoundRefreshToken {
  readonly presented: PresentedRefreshToken
  /** Of the family that it names. */
  readonly row: Row<'refreshToken'>
  /** False for one that was used: its family has another by now. */
  readonly isCurrent: boolean
}

/** A refresh token, be it expired or used up; undefined for a text that is none. */
export async function findRefreshToken(
  ctx: Pick<ReadCtx, 'reader'>,
  text: string,
): Promise<FoundRefreshToken | undefined> {
  const presented = readRefreshToken(text)
  return presented && findRefreshTokenAgain(ctx, presented)
}

/** The same as it is now; undefined where its family has ended meanwhile. */
export async function findRefreshTokenAgain(
  { reader }: Pick<ReadCtx, 'reader'>,
  presented: PresentedRefreshToken,
): Promise<FoundRefreshToken | undefined> {
  const [row] = await reader
    .prepared('oidc.refresh_token', ({ select, t: { refreshToken } }) =>
      select()
        .from(refreshToken)
        .where(eq(refreshToken.id, placeholder('id'))),
    )
    .execute({ id: presented.id })
  return row && { presented, row, isCurrent: isSame(row.digest, presented.digest) }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Gives the family another token in place of this one. Of several at once one gets it, and the others undefined. */
export async function rotate(ctx: WriteCtx, presented: PresentedRefreshToken): Promise<string | undefined> {
  const text = createRefreshToken(ctx, presented.id)
  const rotated = await ctx.tx
    .prepared('oidc.rotate', ({ update, t: { refreshToken: token } }) =>
      update(token)
        .set({
          digest: placeholderValue('digest', token.digest),
          rotatedAt: placeholderValue('now', token.rotatedAt),
          previousDigest: placeholderValue('previous', token.previousDigest),
          sealed: placeholderValue('sealed', token.sealed),
        })
        .where(and(eq(token.id, placeholder('id')), eq(token.digest, placeholder('previous'))))
        .returning({ id: token.id }),
    )
    .execute({
      id: presented.id,
      digest: sha256(text),
      now: ctx.now,
      previous: presented.digest,
      sealed: ctx.keyring.seal(utf8(text), placeOfSuccessor(presented)),
    })
  return rotated.length === 1 ? text : undefined
}

/** The token that was had for this one: only in time, and while it is unused, for then its answer may have got lost. */
export function successorOf(
  { keyring, now }: Pick<WriteCtx, 'keyring' | 'now'>,
  { row: { previousDigest, rotatedAt, sealed }, presented }: FoundRefreshToken,
): string | undefined {
  if (!previousDigest || !rotatedAt || !sealed || !isSame(previousDigest, presented.digest)) return undefined
  if (addSeconds(rotatedAt, RETRY_SECONDS) <= now) return undefined
  return Buffer.from(keyring.open(sealed, placeOfSuccessor(presented))).toString()
}

const placeOfSuccessor = ({ digest }: Pick<PresentedRefreshToken, 'digest'>): string =>
  `refresh_tokens.successor:${base64url(digest)}`
