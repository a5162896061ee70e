import { arrangeApplication } from './arrange-application.ts'
import { throughput } from './load.ts'
import { nodeOrBun, startAuthy2, startPeer, temporaryFolder } from './processes.ts'
import { median, perSecond, type Result, times } from './table.ts'

const ROUNDS = 5
const SECONDS = 3
/** Until the compilers have settled. */
const WARM_UP_SECONDS = 8

/**
 * The client credentials grant: signed with ES256, stored and audited on SQLite, against oidc-provider in memory
 * with RS256.
 */
export async function benchClientCredentials(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const { service } = await arrangeApplication({ DATA_DIR: dataDir }, { codes: 0 })
  await using authy2 = await startAuthy2({ dataDir })
  const runtime = nodeOrBun()
  await using provider = await startPeer('oidc-provider.ts', '/.well-known/openid-configuration', runtime)
  const form = 'grant_type=client_credentials&scope=reports%3Aread'
  const basic = (credentials: string) => ({ authorization: `Basic ${btoa(credentials)}` })
  const targets = {
    provider: { url: `${provider.url}/token`, headers: basic('bench:bench-secret'), form },
    authy2: { url: `${authy2.url}/oidc/token`, headers: basic(`${service.id}:${service.secret}`), form },
  }
  const samples: Record<keyof typeof targets, number[]> = { provider: [], authy2: [] }
  for (const target of Object.values(targets)) await throughput(target, WARM_UP_SECONDS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['provider', 'authy2'] as const) {
      samples[name].push(await throughput(targets[name], SECONDS))
    }
  }
  const ratio = median(samples.authy2.map((value, round) => value / (samples.provider[round] ?? Number.NaN)))
  return {
    name: 'client-credentials',
    rows: [
      {
        what: `oidc-provider, in memory, RS256, ${runtime.name}`,
        value: perSecond(median(samples.provider)),
      },
      { what: 'authy2, SQLite, audited, ES256', value: perSecond(median(samples.authy2)) },
      { what: 'of oidc-provider', value: times(ratio), target: '≥ 2 ×', holds: ratio >= 2 },
    ],
    samples,
  }
}
