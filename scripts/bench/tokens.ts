import { arrangeApplication, type Credentials, REDIRECT_URI, VERIFIER } from './arrange-application.ts'
import { hammer, throughput } from './load.ts'
import { startAuthy2, temporaryFolder } from './processes.ts'
import { median, percent, perSecond, type Result } from './table.ts'

/** As many as it takes for writes to share their commits. */
const CONNECTIONS = 64
const ROUNDS = 5
const SECONDS = 3
const WARM_UP_SECONDS = 5
const CODES = 60_000

/**
 * What applications do with a person's authorization: exchanging codes and refresh tokens, and reading (userinfo,
 * introspection) against `/auth/me`, in turn.
 */
export async function benchTokens(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const { application, session, codes } = await arrangeApplication({ DATA_DIR: dataDir }, { codes: CODES })
  await using authy2 = await startAuthy2({ dataDir })
  const token = tokenRequests(`${authy2.url}/oidc/token`, application)

  let next = 0
  const tokens: Tokens[] = []
  const exchange = async () => {
    const code = codes[next++]
    if (code === undefined) throw new Error('There are no more codes to exchange')
    tokens.push(await token({ grant_type: 'authorization_code', code, ...PROOF }))
  }
  await hammer(CONNECTIONS, 2, exchange)
  // Each connection goes on with a token that no other has: none is used twice.
  const idle = tokens.slice(0, CONNECTIONS)
  const refresh = async () => {
    const held = idle.pop()
    if (!held) throw new Error('There are fewer tokens than connections')
    idle.push(await token({ grant_type: 'refresh_token', refresh_token: held.refresh_token }))
  }
  const [{ access_token } = { access_token: '' }] = tokens
  const targets = {
    me: { url: `${authy2.url}/api/v1/auth/me`, headers: { authorization: `Bearer ${session}` } },
    userinfo: { url: `${authy2.url}/oidc/userinfo`, headers: { authorization: `Bearer ${access_token}` } },
    introspection: {
      url: `${authy2.url}/oidc/introspect`,
      headers: { authorization: `Basic ${btoa(`${application.id}:${application.secret}`)}` },
      form: `token=${access_token}`,
    },
  }
  for (const target of Object.values(targets)) await throughput(target, WARM_UP_SECONDS)

  const samples: Record<'exchange' | 'refresh' | keyof typeof targets, number[]> = {
    exchange: [],
    refresh: [],
    me: [],
    userinfo: [],
    introspection: [],
  }
  for (let round = 0; round < ROUNDS; round++) {
    samples.exchange.push((await hammer(CONNECTIONS, 2, exchange)).answered / 2)
    samples.refresh.push((await hammer(CONNECTIONS, SECONDS, refresh)).answered / SECONDS)
    for (const name of ['me', 'userinfo', 'introspection'] as const) {
      samples[name].push(await throughput(targets[name], SECONDS))
    }
  }
  const ofMe = (name: 'userinfo' | 'introspection') =>
    median(samples[name].map((value, round) => value / (samples.me[round] ?? Number.NaN)))
  const written = (what: string, values: readonly number[]) => ({
    what,
    value: perSecond(median(values)),
    target: '≥ 2,500 /s',
    holds: median(values) >= 2_500,
  })
  const read = (what: string, ratio: number) => ({
    what,
    value: percent(ratio),
    target: '≥ 60 %',
    holds: ratio >= 0.6,
  })
  return {
    name: 'tokens',
    rows: [
      written('code exchange: access, ID and refresh token, SQLite', samples.exchange),
      written('refresh, SQLite', samples.refresh),
      { what: 'GET /auth/me', value: perSecond(median(samples.me)) },
      { what: 'userinfo', value: perSecond(median(samples.userinfo)) },
      read('of /auth/me', ofMe('userinfo')),
      { what: 'introspection', value: perSecond(median(samples.introspection)) },
      read('of /auth/me', ofMe('introspection')),
    ],
    samples,
  }
}

const PROOF = { redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

function tokenRequests(url: string, { id, secret }: Credentials) {
  const headers = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  return async (parameters: Record<string, string>): Promise<Tokens> => {
    const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(parameters) })
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as Tokens
  }
}
