import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const ROOT = join(import.meta.dir, '../..')
/** What a page pays for the client, compressed. Eden is nearly all of it. */
const MAX_GZIPPED_BYTES = 5_000

test('nothing of the server gets into a browser', async () => {
  const built = await Bun.build({
    entrypoints: [join(ROOT, 'src/client.ts')],
    target: 'browser',
    minify: true,
    metafile: true,
  })
  const inputs = Object.keys(built.metafile?.inputs ?? {}).map((path) => path.replaceAll('\\', '/'))
  expect(inputs.length).toBeGreaterThan(1)
  expect(inputs.filter((path) => !path.includes('node_modules/@elysiajs/eden/'))).toEqual(['src/client.ts'])

  const [bundle] = built.outputs
  const code = (await bundle?.text()) ?? ''
  expect(built.outputs).toHaveLength(1)
  expect(code).not.toMatch(/\bprocess\b|\bBun\b|node:|\brequire\(/)
  expect(gzipSync(code).length).toBeLessThan(MAX_GZIPPED_BYTES)
})
