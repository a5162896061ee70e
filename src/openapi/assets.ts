import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import swaggerUiStyle from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import swaggerUiScript from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import { base64url, sha256 } from '../kernel/index.ts'
import startScript from './start.js' with { type: 'file' }

/** What browsers and caches are handed: made once, when it is first asked for. */
export interface Asset {
  readonly type: string
  readonly plain: Blob
  readonly gzipped: Blob
  /** Weak: it stands for both encodings. RFC 9110 §8.8.1 */
  readonly etag: string
}

const FILES: ReadonlyMap<string, { readonly path: string; readonly type: string }> = new Map([
  ['swagger-ui.js', { path: swaggerUiScript, type: 'text/javascript; charset=utf-8' }],
  ['swagger-ui.css', { path: swaggerUiStyle, type: 'text/css; charset=utf-8' }],
  ['start.js', { path: startScript, type: 'text/javascript; charset=utf-8' }],
])

/** Makes the function that finds a file of the page by its name; undefined for any other name. */
export function createAssets(): (name: string) => Promise<Asset> | undefined {
  const made = new Map<string, Promise<Asset>>()
  return (name) => {
    const file = FILES.get(name)
    if (file === undefined) return undefined
    const asset = made.get(name) ?? createAsset(Bun.file(file.path), file.type)
    made.set(name, asset)
    return asset
  }
}

/** Compresses off the main thread: a megabyte would hold up every other request for as long as it takes. */
export async function createAsset(plain: Blob, type: string): Promise<Asset> {
  const bytes = await plain.bytes()
  const gzipped = new Blob([new Uint8Array(await promisify(gzip)(bytes))])
  return { type, plain, gzipped, etag: `W/"${base64url(sha256(bytes).slice(0, 12))}"` }
}
