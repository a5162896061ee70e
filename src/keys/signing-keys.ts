import type { KeyObject } from 'node:crypto'
import type { Origin, ReadCtx, Row } from '../db/index.ts'
import { conflict } from '../kernel/index.ts'
import {
  type JwtType,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  signJwt,
} from '../protocol/oauth/index.ts'
import { generateSigningKey } from './generate-signing-key.ts'
import { createSigningKeyMemory, type SigningKeyDeps } from './signing-key-memory.ts'
import { listSigningKeys, signingKeyState, succeed } from './signing-key-store.ts'

/** How long an instance does not look whether another has changed the keys. */
const FRESH_MILLISECONDS = 5_000
/** The same once somebody has shown a key id that it does not know, be it made up. */
const FRESH_FOR_UNKNOWN_MILLISECONDS = 1_000

export interface RotationOptions {
  /** All where it is left out. */
  readonly algorithm?: SigningAlgorithm | undefined
  /** The old keys are not trusted any longer: tokens that they signed end with them, in seconds. */
  readonly isCompromised?: boolean | undefined
}

export interface SigningKeys {
  /** The key that signs now. To be asked for before a transaction, which a look into the database would hold up. */
  activeKey(algorithm: SigningAlgorithm): Promise<SigningKey>
  /** A JWT under the active key of the algorithm. */
  sign(algorithm: SigningAlgorithm, type: JwtType, claims: Readonly<Record<string, unknown>>): Promise<string>
  /** The keys to publish: retired, active and next ones. RFC 7517 §4 */
  publicKeys(): Promise<readonly Row<'signingKey'>['publicJwk'][]>
  /** What one of our own signatures is verified with; undefined for a key that is not ours, or of another algorithm. */
  findVerificationKey(id: string, algorithm: string): Promise<KeyObject | undefined>
  /** Publishes successors of the active keys. Throws CONFLICT where each has one already. */
  rotate(origin: Origin, options?: RotationOptions): Promise<readonly Row<'signingKey'>[]>
}

/**
 * The signing keys of the instance as one process uses them: through a memory of a few seconds, which is safe
 * because a key is published long before it signs, and the first ones all come about at the first look at any.
 */
export function createSigningKeys(deps: SigningKeyDeps): SigningKeys {
  const memory = createSigningKeyMemory(deps)
  const stateOf = (row: Row<'signingKey'>) => signingKeyState(row, deps.clock.now())

  async function activeKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
    const rows = await memory.current(FRESH_MILLISECONDS)
    const row = rows.find((one) => one.algorithm === algorithm && stateOf(one) === 'active')
    if (!row) throw new Error(`No key signs with ${algorithm}`)
    return { keyId: row.id, algorithm, privateKey: memory.privateKey(row) }
  }

  return {
    activeKey,
    sign: async (algorithm, type, claims) => signJwt(await activeKey(algorithm), type, claims),

    async publicKeys() {
      const rows = await memory.current(FRESH_MILLISECONDS)
      return rows.filter((row) => stateOf(row) !== 'removed').map(({ publicJwk }) => publicJwk)
    },

    async findVerificationKey(id, algorithm) {
      const isIt = (row: Row<'signingKey'>) =>
        row.id === id && row.algorithm === algorithm && stateOf(row) !== 'removed'
      const row =
        (await memory.current(FRESH_MILLISECONDS)).find(isIt) ??
        (await memory.current(FRESH_FOR_UNKNOWN_MILLISECONDS)).find(isIt)
      return row && memory.publicKey(row)
    },

    async rotate(origin, { algorithm, isCompromised = false } = {}) {
      await memory.current(FRESH_MILLISECONDS) // so that there is something to succeed
      const keys = await Promise.all((algorithm ? [algorithm] : SIGNING_ALGORITHMS).map(generateSigningKey))
      return deps.write(origin, async (ctx) => {
        const rows = await succeed(ctx, keys, isCompromised)
        if (rows.length === 0) throw conflict(await whatWaits(ctx, keys))
        ctx.afterCommit(memory.forget)
        return rows
      })
    },
  }
}

/** Why nothing is rotated: a successor is there, for a day or, where keys were stolen, for some seconds yet. */
async function whatWaits(ctx: ReadCtx, keys: readonly { algorithm: SigningAlgorithm }[]): Promise<string> {
  const waiting = (await listSigningKeys(ctx)).find(
    (row) =>
      signingKeyState(row, ctx.now) === 'next' && keys.some(({ algorithm }) => algorithm === row.algorithm),
  )
  const when = waiting ? ` and signs from ${waiting.activeFrom.toISOString()}` : ''
  return `The next key is published already${when}.`
}
