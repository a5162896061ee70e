import { availableParallelism } from 'node:os'
import { arrange, EMAIL, PASSWORD } from './arrange.ts'
import { bySockets, get, hammer, latencyAt } from './load.ts'
import { startAuthy2, temporaryFolder } from './processes.ts'
import { median, percent, type Result, times } from './table.ts'

const ROUNDS = 5
const SECONDS = 4
const WARM_UP_SECONDS = 2
const ME_PER_SECOND = 200

/**
 * Sign-ins per second against what the processors could verify at most, and how much a flood of them slows
 * everyone else down: the p99 of `/auth/me` at a fixed rate, alone and beside the flood.
 */
export async function benchLogin(): Promise<Result> {
  const dataDir = await temporaryFolder()
  const [token = ''] = await arrange({ DATA_DIR: dataDir }, 10)
  await using authy2 = await startAuthy2({ dataDir })
  const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 })
  const cores = availableParallelism()

  const verify = async () => void (await Bun.password.verify(PASSWORD, hash))
  const login = (seconds: number) =>
    bySockets(
      { url: `${authy2.url}/api/v1/auth/login`, json: { email: EMAIL, password: PASSWORD } },
      { connections: 2 * cores, seconds },
    )
  const me = () => get({ url: `${authy2.url}/api/v1/auth/me`, headers: { authorization: `Bearer ${token}` } })

  const samples = {
    limit: [] as number[],
    login: [] as number[],
    idleP99: [] as number[],
    busyP99: [] as number[],
  }
  await login(WARM_UP_SECONDS)
  for (let round = 0; round < ROUNDS; round++) {
    samples.limit.push((await hammer(cores, SECONDS, verify)).answered / SECONDS)
    samples.login.push(await login(SECONDS))
    samples.idleP99.push(await latencyAt(ME_PER_SECOND, SECONDS, me))
    const flood = login(SECONDS)
    samples.busyP99.push(await latencyAt(ME_PER_SECOND, SECONDS, me))
    await flood
  }
  const ofLimit = median(samples.login.map((value, round) => value / (samples.limit[round] ?? Number.NaN)))
  const slower = median(samples.busyP99.map((value, round) => value / (samples.idleP99[round] ?? Number.NaN)))
  return {
    name: 'login',
    rows: [
      { what: `argon2id verify, ${cores} cores (limit)`, value: `${median(samples.limit).toFixed(1)} /s` },
      { what: 'authy2 POST /auth/login', value: `${median(samples.login).toFixed(1)} /s` },
      { what: 'of the limit', value: percent(ofLimit), target: '≥ 90 %', holds: ofLimit >= 0.9 },
      {
        what: `/auth/me p99 at ${ME_PER_SECOND} /s, alone`,
        value: `${median(samples.idleP99).toFixed(1)} ms`,
      },
      { what: 'beside a login flood', value: `${median(samples.busyP99).toFixed(1)} ms` },
      { what: 'slower', value: times(slower), target: '< 3 ×', holds: slower < 3 },
    ],
    samples,
  }
}
