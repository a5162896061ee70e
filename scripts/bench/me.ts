import { arrange } from './arrange.ts'
import { throughput } from './load.ts'
import { startAuthy2, startPeer, temporaryFolder } from './processes.ts'
import { median, percent, perSecond, type Result, times } from './table.ts'

const ROUNDS = 5
const SECONDS = 3
/** Until the compilers have settled. */
const WARM_UP_SECONDS = 10

/** `GET /auth/me` with a bearer session on SQLite, against Bun.serve alone and better-auth's get-session. */
export async function benchMe(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const [token = ''] = await arrange({ DATA_DIR: dataDir }, 1_000)
  await using authy2 = await startAuthy2({ dataDir })
  await using floor = await startPeer('floor.ts', '/')
  await using betterAuth = await startPeer('better-auth.ts', '/cookie')
  const { cookie } = (await (await fetch(`${betterAuth.url}/cookie`)).json()) as { cookie: string }
  const targets = {
    floor: { url: `${floor.url}/` },
    betterAuth: { url: `${betterAuth.url}/api/auth/get-session`, headers: { cookie } },
    authy2: { url: `${authy2.url}/api/v1/auth/me`, headers: { authorization: `Bearer ${token}` } },
  }
  const samples: Record<keyof typeof targets, number[]> = { floor: [], betterAuth: [], authy2: [] }
  for (const target of Object.values(targets)) await throughput(target, WARM_UP_SECONDS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['floor', 'betterAuth', 'authy2'] as const) {
      samples[name].push(await throughput(targets[name], SECONDS))
    }
  }
  const ofFloor = median(samples.authy2.map((value, round) => value / (samples.floor[round] ?? Number.NaN)))
  const ofBetterAuth = median(
    samples.authy2.map((value, round) => value / (samples.betterAuth[round] ?? Number.NaN)),
  )
  return {
    name: 'me',
    rows: [
      { what: 'Bun.serve, constant JSON (floor)', value: perSecond(median(samples.floor)) },
      { what: 'better-auth get-session, SQLite', value: perSecond(median(samples.betterAuth)) },
      { what: 'authy2 GET /auth/me, SQLite', value: perSecond(median(samples.authy2)) },
      { what: 'of the floor', value: percent(ofFloor), target: '≥ 15 %', holds: ofFloor >= 0.15 },
      { what: 'of better-auth', value: times(ofBetterAuth), target: '≥ 8 ×', holds: ofBetterAuth >= 8 },
    ],
    samples,
  }
}
