import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
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

/** Database and secrets keep themselves private at every start; these are what an operator put there. */
export function examineFileModes({ dataDir, tls }: Config): Finding[] {
  if (process.platform === 'win32') return [] // has no such bits
  const findings: Finding[] = []
  if (existsSync(dataDir) && (statSync(dataDir).mode & 0o022) !== 0) {
    findings.push(warn('files', `others can replace what is in ${dataDir}`, `chmod go-w ${dataDir}`))
  }
  if (tls && (statSync(tls.keyFile).mode & 0o007) !== 0) {
    findings.push(warn('files', `everyone can read ${tls.keyFile}`, `chmod o-rwx ${tls.keyFile}`))
  }
  return findings.length > 0 ? findings : [ok('files', 'private')]
}

function existingParent(path: string): string {
  const parent = dirname(path)
  if (existsSync(path) || parent === path) return path
  return existingParent(parent)
}
