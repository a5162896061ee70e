import { and, count, eq, isNotNull } from 'drizzle-orm'
import { placeholder, type ReadCtx, scalar } from '../db/index.ts'

/** What a user can prove beside a password. */
export interface SecondFactors {
  readonly hasTotp: boolean
  readonly hasWebauthn: boolean
  readonly backupCodesLeft: number
}

/** The best first. */
export const SECOND_FACTOR_METHODS = ['webauthn', 'totp', 'backup_code'] as const
export type SecondFactorMethod = (typeof SECOND_FACTOR_METHODS)[number]

/** On the path of every sign-in: one query. */
export async function secondFactorsOf(ctx: ReadCtx, userId: string): Promise<SecondFactors> {
  const statement = ctx.reader.prepared('second_factors.of_user', ({ select, t }) => {
    const { user, totpCredential, webauthnCredential, backupCode } = t
    return select({
      totp: scalar<number>(
        select({ n: count() })
          .from(totpCredential)
          .where(and(eq(totpCredential.userId, user.id), isNotNull(totpCredential.verifiedAt))),
      ),
      webauthn: scalar<number>(
        select({ n: count() }).from(webauthnCredential).where(eq(webauthnCredential.userId, user.id)),
      ),
      backupCodes: scalar<number>(
        select({ n: count() }).from(backupCode).where(eq(backupCode.userId, user.id)),
      ),
    })
      .from(user)
      .where(eq(user.id, placeholder('userId')))
  })
  const [row] = await statement.execute({ userId })
  return {
    hasTotp: Number(row?.totp ?? 0) > 0,
    hasWebauthn: Number(row?.webauthn ?? 0) > 0,
    backupCodesLeft: Number(row?.backupCodes ?? 0),
  }
}

/** The methods that these factors allow, the best first; none for who has no second factor. */
export function secondFactorMethods(factors: SecondFactors): readonly SecondFactorMethod[] {
  const { hasTotp, hasWebauthn, backupCodesLeft } = factors
  if (!hasTotp && !hasWebauthn) return []
  return [
    ...(hasWebauthn ? (['webauthn'] as const) : []),
    ...(hasTotp ? (['totp'] as const) : []),
    ...(backupCodesLeft > 0 ? (['backup_code'] as const) : []),
  ]
}
