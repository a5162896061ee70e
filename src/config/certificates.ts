import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Format, format } from './formats.ts'

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates of a file, in PEM (RFC 7468 §5). Read once, at start, so that what is wrong is told there. */
export const certificates: Format<readonly string[]> = format(
  'the path of a file of certificates in PEM',
  (path) => {
    try {
      const found = readFileSync(resolve(path), 'utf8').match(PEM) ?? []
      for (const pem of found) new X509Certificate(pem) // throws for what is not one
      return found.length > 0 ? [...found] : undefined
    } catch {
      return undefined
    }
  },
)
