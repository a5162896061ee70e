/** The programs of other people that tests run against, and how they get onto a machine. */
import { findChromium } from '../test/support/find-chromium.ts'
import { findPostgres } from '../test/support/postgres.ts'
import { findRedis } from '../test/support/redis.ts'

export interface Peer {
  readonly name: string
  /** Its package in Debian. */
  readonly package: string
  /** An address that is given from outside takes the place of a program on this machine. */
  readonly address?: string
  find(): string | undefined
}

const which = (program: string) => Bun.which(program) ?? undefined

export const PEERS: readonly Peer[] = [
  { name: 'PostgreSQL', package: 'postgresql', address: 'TEST_DATABASE_URL', find: findPostgres },
  { name: 'Redis', package: 'redis-server', address: 'TEST_REDIS_URL', find: findRedis },
  { name: 'Chromium', package: 'chromium', find: findChromium }, // passkeys
  { name: 'curl', package: 'curl', find: () => which('curl') }, // the documents' examples
  { name: 'oathtool', package: 'oathtool', find: () => which('oathtool') }, // codes of authenticator apps
  { name: 'OpenSSL', package: 'openssl', find: () => which('openssl') }, // certificates of mail servers
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
  await aptGet('install', '-y', '--no-install-recommends', ...peers.map((peer) => peer.package))
}
