import { base64url, sha256, utf8 } from '../kernel/index.ts'
import source from './passkey.client.js' with { type: 'text' }

/** The one script of the pages, for passkeys. Its path changes with its content: caches may keep it for ever. */
export const passkeyScript = {
  path: `/assets/passkey.${base64url(sha256(utf8(source)).slice(0, 9))}.js`,
  type: 'text/javascript; charset=utf-8',
  cacheControl: 'public, max-age=31536000, immutable',
  source,
} as const
