import { arrangeApplication, REDIRECT_URI, VERIFIER } from './arrange-application.ts'
import { type Target, throughput } from './load.ts'
import { startAuthy2, temporaryFolder } from './processes.ts'
import { median, percent, perSecond, type Result } from './table.ts'

const ROUNDS = 5
const SECONDS = 3
/** Until the compilers have settled. */
const WARM_UP_SECONDS = 5

/** What is asked of an access token, userinfo and introspection, against `/auth/me`, in turn. */
export async function benchReads(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const { applications, session } = await arrangeApplication({ DATA_DIR: dataDir }, { codes: 1 })
  const { id, secret, codes } = applications.ES256
  await using authy2 = await startAuthy2({ dataDir })
  const basic = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  const response = await fetch(`${authy2.url}/oidc/token`, {
    method: 'POST',
    headers: basic,
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: codes[0] ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
    }),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
  const targets: Record<Name, Target> = {
    me: { url: `${authy2.url}/api/v1/auth/me`, headers: bearer(session) },
    userinfo: { url: `${authy2.url}/oidc/userinfo`, headers: bearer(token) },
    introspection: { url: `${authy2.url}/oidc/introspect`, headers: basic, form: `token=${token}` },
  }
  const samples: Record<Name, number[]> = { me: [], userinfo: [], introspection: [] }
  const processor: Record<Name, number[]> = { me: [], userinfo: [], introspection: [] }
  for (const name of NAMES) await throughput(targets[name], WARM_UP_SECONDS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) {
      const worked = await authy2.processorMilliseconds()
      const rate = await throughput(targets[name], SECONDS)
      samples[name].push(rate)
      processor[name].push(((await authy2.processorMilliseconds()) - worked) / (rate * SECONDS))
    }
  }
  const ofMe = (name: Name) =>
    median(samples[name].map((value, round) => value / (samples.me[round] ?? Number.NaN)))
  const read = (name: Name) => [
    { what: name, value: perSecond(median(samples[name])) },
    { what: 'processor time', value: `${(median(processor[name]) * 1000).toFixed(0)} µs` },
    { what: 'of /auth/me', value: percent(ofMe(name)), target: '≥ 60 %', holds: ofMe(name) >= 0.6 },
  ]
  return {
    name: 'reads',
    rows: [
      { what: 'GET /auth/me', value: perSecond(median(samples.me)) },
      { what: 'processor time', value: `${(median(processor.me) * 1000).toFixed(0)} µs` },
      ...read('userinfo'),
      ...read('introspection'),
    ],
    samples,
  }
}

const NAMES = ['me', 'userinfo', 'introspection'] as const
type Name = (typeof NAMES)[number]
