import type { ReadCtx, Row } from '../../db/index.ts'
import { base64url, hmacSha256 } from '../../kernel/index.ts'
import { deriveKey } from '../../keys/index.ts'
import type { NormalizedEmail } from '../../users/index.ts'

type Decoy = Pick<Row<'webauthnCredential'>, 'credentialId' | 'transports'>

/** As authenticators that many people have make them: a phone's, a computer's, a password manager's, a security key's. */
const SHAPES: readonly { readonly bytes: number; readonly transports: readonly string[] }[] = [
  { bytes: 20, transports: ['hybrid', 'internal'] },
  { bytes: 16, transports: ['hybrid', 'internal'] },
  { bytes: 32, transports: ['internal'] },
  { bytes: 48, transports: ['nfc', 'usb'] },
]

/**
 * A credential that nobody has, for an address without any: the same one at each question, or asking twice would tell.
 * Made of the address and a key of this instance, so that nobody else can make it out. Level 3 §14.6.2.
 */
export function decoyCredential(ctx: ReadCtx, email: NormalizedEmail): Decoy {
  const [secret = ''] = ctx.config.secretKeys
  const key = deriveKey(secret, 'authy2 webauthn decoys')
  const block = (index: number) => hmacSha256(key, `${index}:${email}`)
  const shape = SHAPES[(block(0)[0] ?? 0) % SHAPES.length]
  const { bytes, transports } = shape ?? { bytes: 32, transports: ['internal'] }
  const id = Buffer.concat([block(1), block(2)]).subarray(0, bytes)
  return { credentialId: base64url(id), transports }
}
