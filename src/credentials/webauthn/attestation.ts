import { X509Certificate } from 'node:crypto'
import { base64url, constantTimeEqual, parseBase64url } from '../../kernel/index.ts'
import { verifier } from './library.ts'

/**
 * The formats whose statements are looked at. Not those of Android: `android-safetynet` has ended, and `android-key`
 * says where a key is kept, but not which model it is of: the key itself signs the AAGUID, so any program on a phone
 * can name the one it likes. (To judge it the library would also follow a chain to whatever root the statement brings,
 * and fetch revocation lists from addresses in it, which lets anybody send requests from this server.)
 */
const FORMATS: ReadonlySet<string> = new Set(['none', 'packed', 'fido-u2f', 'tpm', 'apple'])

export interface AttestationStatement {
  /** DER, the authenticator's own certificate first; none where nobody but itself vouches for it. */
  readonly chain: readonly Uint8Array[]
}

/** Undefined for what is no attestation object, or of a format that is not looked at. Level 3 §6.5.4, §8. */
export async function parseAttestation(attestationObject: string): Promise<AttestationStatement | undefined> {
  const decoded = await decode(attestationObject)
  if (!decoded || !FORMATS.has(decoded.get('fmt'))) return undefined
  return { chain: decoded.get('attStmt').get('x5c') ?? [] }
}

/**
 * The same object as if its authenticator had said nothing of itself. Undefined for what is no attestation object.
 * Level 3 §8.7.
 */
export async function withoutStatement(attestationObject: string): Promise<string | undefined> {
  const decoded = await decode(attestationObject)
  if (!decoded) return undefined
  const { encodeCbor } = await verifier()
  const none = new Map<string, string | Uint8Array | Map<string, string>>()
  none.set('fmt', 'none').set('attStmt', new Map<string, string>()).set('authData', decoded.get('authData'))
  return base64url(encodeCbor(none))
}

async function decode(attestationObject: string) {
  const bytes = parseBase64url(attestationObject)
  if (!bytes) return undefined
  const { decodeAttestationObject } = await verifier()
  try {
    const decoded = decodeAttestationObject(new Uint8Array(bytes))
    const isObject = decoded.get('attStmt') instanceof Map && decoded.get('authData') instanceof Uint8Array
    return isObject ? decoded : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a chain of certificates ends at one of the roots (PEM): each is issued by the next, and all are valid at
 * `now`. Without roots nothing is vouched for: anybody can make a certificate that says what it likes.
 * RFC 5280 §6, without revocation: makers announce compromised models otherwise, and operators then take the root out.
 */
export function isVouchedFor({ chain }: AttestationStatement, roots: readonly string[], now: Date): boolean {
  if (chain.length === 0 || roots.length === 0) return false
  try {
    const certificates = chain.map((der) => new X509Certificate(der))
    const isConnected = certificates.every((certificate, index) => {
      const issuer = certificates[index + 1]
      return isValidAt(certificate, now) && (!issuer || isIssuedBy(certificate, issuer))
    })
    const last = certificates.at(-1)
    return isConnected && last !== undefined && roots.some((pem) => reaches(last, pem, now))
  } catch {
    return false
  }
}

/** A root may also be the very certificate that authenticators of one model carry. */
function reaches(last: X509Certificate, pem: string, now: Date): boolean {
  const root = new X509Certificate(pem)
  if (!isValidAt(root, now)) return false
  return constantTimeEqual(last.raw, root.raw) || isIssuedBy(last, root)
}

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

const isValidAt = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  new Date(validFrom) <= now && now <= new Date(validTo)
