import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/index.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const MEGABYTE = 1_000_000
const LOW_MEGABYTES = 1_000
const FULL_MEGABYTES = 100

/** Room where the database and the generated secrets are. */
export function examineDisk(config: Config): Finding[] {
  const folder = existingParent(config.database.kind === 'sqlite' ? config.database.path : config.dataDir)
  const { bavail, bsize } = statfsSync(folder)
  const megabytes = Math.floor((bavail * bsize) / MEGABYTE)
  const text = `${megabytes} MB free at ${folder}`
  const mend = 'make room: a full disk stops every change'
  if (megabytes < FULL_MEGABYTES) return [fail('disk', text, mend)]
  return [megabytes < LOW_MEGABYTES ? warn('disk', text, mend) : ok('disk', text)]
}

/** Files that only the server's own user should be able to read. */
export function examineFileModes(config: Config): Finding[] {
  if (process.platform === 'win32') return [] // has no such bits
  const files = [
    ...(config.database.kind === 'sqlite' ? [config.database.path] : []),
    join(config.dataDir, 'secrets.json'),
    ...(config.tls ? [config.tls.keyFile] : []),
  ].filter((path) => existsSync(path))
  const open = files.filter((path) => (statSync(path).mode & 0o077) !== 0)
  if (open.length === 0) return [ok('files', `private (${files.length})`)]
  return open.map((path) => warn('files', `others can read ${path}`, `chmod 600 ${path}`))
}

function existingParent(path: string): string {
  const parent = dirname(path)
  if (existsSync(path) || parent === path) return path
  return existingParent(parent)
}
