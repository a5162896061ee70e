import { generateKeyPairSync, sign } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { s256CodeChallenge } from '../../src/protocol/oauth/index.ts'
import {
  arrangeApplication,
  type Credentials,
  ID_TOKEN_ALGORITHMS,
  type IdTokenAlgorithm,
  REDIRECT_URI,
  VERIFIER,
} from './arrange-application.ts'
import { encodeRequest, hammer, onConnections } from './load.ts'
import { nodeOrBun, type Running, startAuthy2, startPeer, temporaryFolder } from './processes.ts'
import { median, percent, perSecond, type Result, type Row, times } from './table.ts'

/** As many as it takes for writes to share their commits. */
const CONNECTIONS = 64
const ROUNDS = 5
const REQUESTS = 2_000
/** Until the compilers have settled. */
const WARM_UP_REQUESTS = 4_000

/**
 * What applications do with a person's authorization, exchanging codes and refresh tokens on SQLite, against
 * oidc-provider in memory, in turn. Each with ID tokens signed by RS256, the standard's default, and by ES256, which an
 * application can ask for: what RSA costs sets a limit of its own.
 */
export async function benchTokens(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const codes = WARM_UP_REQUESTS + ROUNDS * REQUESTS
  const { applications } = await arrangeApplication({ DATA_DIR: dataDir }, { codes })
  await using authy2 = await startAuthy2({ dataDir })
  const runtime = nodeOrBun()
  await using provider = await startPeer('oidc-provider.ts', '/.well-known/openid-configuration', runtime)
  const ownSide = (algorithm: IdTokenAlgorithm) => {
    const { codes, ...credentials } = applications[algorithm]
    const left = [...codes]
    const take = async (count: number) => left.splice(0, count)
    return openSide(authy2, `${authy2.url}/oidc/token`, { credentials, take })
  }
  const peerSide = (algorithm: IdTokenAlgorithm) => {
    const credentials = { id: algorithm, secret: 'bench-secret' }
    const query = `client=${algorithm}&challenge=${s256CodeChallenge(VERIFIER)}`
    const take = async (count: number) => {
      const response = await fetch(`${provider.url}/codes?${query}&count=${count}`)
      return (await response.json()) as string[]
    }
    return openSide(provider, `${provider.url}/token`, { credentials, take })
  }
  const limit: number[] = []
  const signInPool = rsaSigner()
  const tracks: Track[] = []
  for (const algorithm of ID_TOKEN_ALGORITHMS) {
    const sides = { authy2: ownSide(algorithm), provider: peerSide(algorithm) }
    for (const work of ['exchange', 'refresh'] as const) {
      tracks.push({ algorithm, work, sides, samples: { authy2: [], provider: [] }, processor: [] })
    }
  }
  for (const { sides, work } of tracks) {
    for (const side of [sides.authy2, sides.provider]) await side[work](WARM_UP_REQUESTS)
  }
  for (let round = 0; round < ROUNDS; round++) {
    limit.push((await hammer(2 * availableParallelism(), 1, signInPool)).answered)
    for (const { work, sides, samples, processor } of tracks) {
      const own = await sides.authy2[work](REQUESTS)
      samples.authy2.push(own.perSecond)
      processor.push(own.processorMilliseconds)
      samples.provider.push((await sides.provider[work](REQUESTS)).perSecond)
    }
  }
  return {
    name: 'tokens',
    rows: [
      {
        what: `RS256 signatures, ${availableParallelism()} cores (limit)`,
        value: perSecond(median(limit)),
      },
      ...tracks.flatMap((track) => rowsOf(track, limit, runtime.name)),
    ],
    samples: Object.fromEntries([
      ['limit', limit],
      ...tracks.flatMap(({ algorithm, work, samples, processor }) => [
        [`${work} ${algorithm} authy2`, samples.authy2],
        [`${work} ${algorithm} oidc-provider`, samples.provider],
        [`${work} ${algorithm} authy2 processor ms`, processor],
      ]),
    ]),
  }
}

interface Track {
  readonly algorithm: IdTokenAlgorithm
  readonly work: 'exchange' | 'refresh'
  readonly sides: Readonly<Record<'authy2' | 'provider', Side>>
  readonly samples: Readonly<Record<'authy2' | 'provider', number[]>>
  /** Milliseconds a request, of all threads of Authy2. */
  readonly processor: number[]
}

const NAMES = { exchange: 'code exchange', refresh: 'refresh' }
const TARGET = 2_500

function rowsOf(
  { algorithm, work, samples, processor }: Track,
  limit: readonly number[],
  runtime: string,
): readonly Row[] {
  const { authy2, provider } = samples
  const ofEach = (others: readonly number[]) =>
    median(authy2.map((value, round) => value / (others[round] ?? Number.NaN)))
  const rate = median(authy2)
  const ratio = ofEach(provider)
  const target = algorithm === 'ES256' ? { target: '≥ 2,500 /s', holds: rate >= TARGET } : {}
  return [
    { what: `${NAMES[work]}, ${algorithm} ID token, SQLite`, value: perSecond(rate), ...target },
    ...(algorithm === 'RS256' ? [{ what: 'of the limit', value: percent(ofEach(limit)) }] : []),
    { what: 'processor time', value: `${median(processor).toFixed(2)} ms` },
    { what: `oidc-provider, in memory, ${runtime}`, value: perSecond(median(provider)) },
    { what: 'of oidc-provider', value: times(ratio), target: '≥ 1 ×', holds: ratio >= 1 },
  ]
}

/** What sets the limit wherever ID tokens are signed by RSA. */
function rsaSigner(): () => Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const data = Buffer.alloc(500)
  return () =>
    new Promise((resolve, reject) => {
      sign('sha256', data, privateKey, (error) => (error ? reject(error) : resolve()))
    })
}

interface Measured {
  readonly perSecond: number
  readonly processorMilliseconds: number
}

/** An application at a token endpoint. */
interface Side {
  exchange(count: number): Promise<Measured>
  refresh(count: number): Promise<Measured>
}

function openSide(
  server: Running,
  url: string,
  {
    credentials,
    take,
  }: { readonly credentials: Credentials; take(count: number): Promise<readonly string[]> },
): Side {
  const headers = { Authorization: `Basic ${btoa(`${credentials.id}:${credentials.secret}`)}` }
  const request = (parameters: Record<string, string>) =>
    encodeRequest({ url, headers, form: new URLSearchParams(parameters).toString() })
  /** Each connection goes on with a token that no other has: none is used twice. */
  let held: string[] = []

  /** `next` says what to send after the refresh token that the last answer had; undefined: no more. */
  async function measure(count: number, next: (token: string) => string | undefined): Promise<Measured> {
    const began = performance.now()
    const worked = await server.processorMilliseconds()
    const tokens = held
    held = []
    await onConnections(url, CONNECTIONS, async (connection) => {
      let token = tokens.pop() ?? ''
      for (let message = next(token); message !== undefined; message = next(token)) {
        const { status, body } = await connection.ask(message)
        if (status !== 200) throw new Error(`${url} answered ${status}: ${body}`)
        token = (JSON.parse(body) as { refresh_token: string }).refresh_token
      }
      held.push(token)
    })
    const milliseconds = performance.now() - began
    const processorMilliseconds = ((await server.processorMilliseconds()) - worked) / count
    return { perSecond: (count * 1000) / milliseconds, processorMilliseconds }
  }

  return {
    async exchange(count) {
      const codes = [...(await take(count))]
      return measure(count, () => {
        const code = codes.pop()
        if (code === undefined) return undefined
        const proof = { redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }
        return request({ grant_type: 'authorization_code', code, ...proof })
      })
    },
    refresh(count) {
      let left = count
      return measure(count, (token) =>
        left-- > 0 ? request({ grant_type: 'refresh_token', refresh_token: token }) : undefined,
      )
    },
  }
}
