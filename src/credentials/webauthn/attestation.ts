import { X509Certificate } from 'node:crypto'
import { constantTimeEqual, parseBase64url } from '../../kernel/index.ts'
import { verifier } from './library.ts'

/**
 * The formats whose statements are looked at. Not those of Android (`android-key`, `android-safetynet`): to judge
 * them the library follows a chain to whatever root the statement itself brings, and fetches revocation lists from
 * the addresses in its certificates, which would let anybody send requests from this server.
 */
const FORMATS: ReadonlySet<string> = new Set(['none', 'packed', 'fido-u2f', 'tpm', 'apple'])

export interface AttestationStatement {
  /** DER, the authenticator's own certificate first; none where nobody but itself vouches for it. */
  readonly chain: readonly Uint8Array[]
}

/** Undefined for what is no attestation object, or of a format that is not looked at. Level 3 §6.5.4, §8. */
export async function parseAttestation(attestationObject: string): Promise<AttestationStatement | undefined> {
  const bytes = parseBase64url(attestationObject)
  if (!bytes) return undefined
  const { decodeAttestationObject } = await verifier()
  try {
    const decoded = decodeAttestationObject(new Uint8Array(bytes))
    if (!FORMATS.has(decoded.get('fmt'))) return undefined
    return { chain: decoded.get('attStmt').get('x5c') ?? [] }
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
