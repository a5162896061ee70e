import {
  base64url,
  constantTimeEqual,
  createToken,
  hmacSha256,
  parseBase64url,
  type RandomSource,
  tokenDigest,
} from '../kernel/index.ts'
import { deriveKey } from '../keys/index.ts'

/**
 * The token that every form of ours carries: keyed to a cookie that only this server sets, so that no other site can
 * make a browser send one. It holds as long as the cookie, whichever instance is asked, and is stored nowhere.
 */
export interface FormSeal {
  /** The browser's own token where it has one, else a new one, which is to be set as its cookie. */
  browserToken(presented: string | undefined): { readonly token: string; readonly isNew: boolean }
  sealFor(browserToken: string): string
  isSealOf(browserToken: string | undefined, seal: string): boolean
}

/** Of several secrets the first seals and all are accepted. */
export function createFormSeal({
  secretKeys,
  random,
}: {
  readonly secretKeys: readonly string[]
  readonly random: RandomSource
}): FormSeal {
  const keys = secretKeys.map((secret) => deriveKey(secret, 'authy2 form'))
  const [first] = keys
  if (!first) throw new Error('There is no key to seal forms with')
  const isToken = (text: string) => tokenDigest('browser', text) !== undefined
  return {
    browserToken: (presented) =>
      presented !== undefined && isToken(presented)
        ? { token: presented, isNew: false }
        : { token: createToken('browser', random), isNew: true },
    sealFor: (token) => base64url(hmacSha256(first, token)),
    isSealOf(token, seal) {
      const bytes = parseBase64url(seal)
      if (token === undefined || !bytes || !isToken(token)) return false
      return keys.some((key) => constantTimeEqual(bytes, hmacSha256(key, token)))
    },
  }
}
