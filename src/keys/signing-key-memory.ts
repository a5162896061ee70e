import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Origin, Row, UnitsOfWork } from '../db/index.ts'
import { type Clock, type Keyring, type Log, SYSTEM } from '../kernel/index.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../protocol/oauth/index.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { createFirstKey, listSigningKeys, placeOfPrivateKey } from './signing-key-store.ts'

/** How long it goes on with the keys that it has seen while the database is away: less than they last. */
const STALE_MILLISECONDS = 3_600_000

export interface SigningKeyDeps extends UnitsOfWork {
  readonly clock: Clock
  readonly keyring: Keyring
  readonly log: Log
}

export interface SigningKeyMemory {
  /** The keys, one of each algorithm at least, as they were at most so long ago. */
  current(freshMilliseconds: number): Promise<readonly Row<'signingKey'>[]>
  publicKey(row: Row<'signingKey'>): KeyObject
  privateKey(row: Row<'signingKey'>): KeyObject
  /** The next look is into the database. */
  forget(): void
}

/** What one process knows of the keys: rows as last seen, and the native keys made of them. */
export function createSigningKeyMemory(deps: SigningKeyDeps): SigningKeyMemory {
  const system: Origin = { actor: SYSTEM, log: deps.log }
  const publicKeys = new Map<string, KeyObject>()
  const privateKeys = new Map<string, KeyObject>()
  let seen: { readonly at: number; readonly rows: readonly Row<'signingKey'>[] } | undefined
  let looking: Promise<readonly Row<'signingKey'>[]> | undefined

  async function look(): Promise<readonly Row<'signingKey'>[]> {
    const at = deps.clock.now().getTime()
    let rows = await deps.read(system, listSigningKeys)
    if (lacking(rows).length > 0) {
      await createFirstKeys(lacking(rows))
      rows = await deps.read(system, listSigningKeys)
    }
    for (const native of [publicKeys, privateKeys]) {
      for (const id of native.keys()) if (!rows.some((row) => row.id === id)) native.delete(id)
    }
    seen = { at, rows }
    return rows
  }

  /** All algorithms' at once, so that no instance that has looked lacks one which another then signs with. */
  async function createFirstKeys(algorithms: readonly SigningAlgorithm[]): Promise<void> {
    const keys = await Promise.all(algorithms.map(generateSigningKey))
    await deps.write(system, async (ctx) => {
      for (const key of keys) await createFirstKey(ctx, key)
    })
  }

  return {
    async current(freshMilliseconds) {
      const age = seen ? Math.abs(deps.clock.now().getTime() - seen.at) : Number.POSITIVE_INFINITY
      if (seen && age < freshMilliseconds) return seen.rows
      looking ??= look().finally(() => {
        looking = undefined
      })
      try {
        return await looking
      } catch (error) {
        if (!seen || age > STALE_MILLISECONDS) throw error
        deps.log.warn('signing_keys.stale', { err: error })
        return seen.rows
      }
    },

    publicKey: (row) =>
      kept(publicKeys, row.id, () => createPublicKey({ key: { ...row.publicJwk }, format: 'jwk' })),

    privateKey: (row) =>
      kept(privateKeys, row.id, () => {
        const der = deps.keyring.open(row.privateKey, placeOfPrivateKey(row.id))
        return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
      }),

    forget() {
      seen = undefined
    },
  }
}

const lacking = (rows: readonly Row<'signingKey'>[]): readonly SigningAlgorithm[] =>
  SIGNING_ALGORITHMS.filter((algorithm) => !rows.some((row) => row.algorithm === algorithm))

function kept(keys: Map<string, KeyObject>, id: string, open: () => KeyObject): KeyObject {
  const key = keys.get(id) ?? open()
  keys.set(id, key)
  return key
}
