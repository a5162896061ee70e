import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MODULE = join(import.meta.dir, '../../../src/credentials/webauthn/attestation.ts')
const NONE = 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA'

// Once it loaded from the sources only: in the order of a bundle a polyfill came after what needs it.
test('what verifies also loads from a bundle, such as the program is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'authy2-bundle-'))
  try {
    const entry = join(folder, 'entry.ts')
    const code = `import { parseAttestation } from ${JSON.stringify(MODULE)}
console.log(JSON.stringify(await parseAttestation('${NONE}')))`
    await Bun.write(entry, code)
    const built = await Bun.build({ entrypoints: [entry], target: 'bun', outdir: join(folder, 'out') })
    expect(built.success).toBe(true)
    const [output] = built.outputs
    const program = Bun.spawn([process.execPath, output?.path ?? ''], {
      cwd: folder, // where there are no packages to fall back on
      stdout: 'pipe',
      stderr: 'pipe',
    })
    expect(await program.stdout.text()).toBe('{"chain":[]}\n')
    expect(await program.exited).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})
