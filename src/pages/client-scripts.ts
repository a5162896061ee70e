import { base64url, sha256, utf8 } from '../kernel/index.ts'
import formSource from './form.client.js' with { type: 'text' }
import passkeySource from './passkey.client.js' with { type: 'text' }

/** A script of the pages. Its path changes with its content: caches may keep it for ever. */
const clientScript = (name: string, source: string) =>
  ({
    path: `/assets/${name}.${base64url(sha256(utf8(source)).slice(0, 9))}.js`,
    type: 'text/javascript; charset=utf-8',
    cacheControl: 'public, max-age=31536000, immutable',
    source,
  }) as const

/** For every page: a form is sent once. */
export const formScript = clientScript('form', formSource)
/** For pages with passkeys. */
export const passkeyScript = clientScript('passkey', passkeySource)
export const CLIENT_SCRIPTS = [formScript, passkeyScript] as const
