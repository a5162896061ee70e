/** The programs of other people that tests run against, and how they get onto a machine. */
import { findApache } from '../test/support/apache.ts'
import { findChromium } from '../test/support/find-chromium.ts'
import { findPostgres } from '../test/support/postgres.ts'
import { findRedis } from '../test/support/redis.ts'

export interface Peer {
  readonly name: string
  /** Its packages in Debian. */
  readonly packages: readonly string[]
  /** An address that is given from outside takes the place of a program on this machine. */
  readonly address?: string
  find(): string | undefined
}

const which = (program: string) => Bun.which(program) ?? undefined

export const PEERS: readonly Peer[] = [
  { name: 'PostgreSQL', packages: ['postgresql'], address: 'TEST_DATABASE_URL', find: findPostgres },
  { name: 'Redis', packages: ['redis-server'], address: 'TEST_REDIS_URL', find: findRedis },
  { name: 'Chromium', packages: ['chromium'], find: findChromium }, // passkeys
  { name: 'curl', packages: ['curl'], find: () => which('curl') }, // the documents' examples
  { name: 'oathtool', packages: ['oathtool'], find: () => which('oathtool') }, // codes of authenticator apps
  { name: 'OpenSSL', packages: ['openssl'], find: () => which('openssl') }, // certificates of mail servers
  {
    name: 'Apache with mod_auth_openidc', // a relying party that others made
    packages: ['apache2', 'libapache2-mod-auth-openidc'],
    find: findApache,
  },
]

export const isMissing = (peer: Peer): boolean =>
  !(peer.address !== undefined && process.env[peer.address]) && peer.find() === undefined

/**
 * Tries to install peers from the distribution's archive; whether it worked is asked of `isMissing` afterwards.
 * Only for a machine that is thrown away after the run.
 */
export async function installPeers(peers: readonly Peer[], signal: AbortSignal): Promise<void> {
  const aptGet = (...words: string[]) =>
    Bun.spawn(['apt-get', '-qq', ...words], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'inherit',
      signal,
    }).exited
  // A mirror in the middle of its own update answers with a hash mismatch for a while.
  for (let attempt = 1; attempt <= 3 && !signal.aborted; attempt++) {
    if ((await aptGet('update')) === 0) break
    await Bun.sleep(attempt * 5_000)
  }
  await aptGet('install', '-y', '--no-install-recommends', ...peers.flatMap((peer) => peer.packages))
}
