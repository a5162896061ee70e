import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { base64url, hex, type RandomSource } from '../kernel/index.ts'
import type { Config } from './config.ts'
import { ConfigError } from './error.ts'

const Secrets = z.strictObject({ SECRET_KEY: z.string().min(32), ENCRYPTION_KEY: z.string().min(32) })
type Secrets = z.infer<typeof Secrets>

/**
 * Fills in the secrets that a development server was not given, from `secrets.json` in its data folder, which
 * is made at the first start: sessions and encrypted rows outlive a restart without any configuration.
 * Production is returned as it is; there, loading has refused to go without. Throws a ConfigError when the
 * file is damaged or others can read it.
 */
export function withDevelopmentSecrets(config: Config, random: RandomSource): Config {
  const complete = config.secretKeys.length > 0 && config.encryptionKeys.length > 0
  if (complete || config.environment === 'production') return config
  const path = join(config.dataDir, 'secrets.json')
  const secrets = readSecrets(path) ?? createSecrets(path, config.dataDir, random)
  return Object.freeze({
    ...config,
    secretKeys: config.secretKeys.length > 0 ? config.secretKeys : Object.freeze([secrets.SECRET_KEY]),
    encryptionKeys:
      config.encryptionKeys.length > 0 ? config.encryptionKeys : Object.freeze([secrets.ENCRYPTION_KEY]),
  })
}

function readSecrets(path: string): Secrets | undefined {
  const file = openIfPresent(path)
  if (file === undefined) return undefined
  try {
    // The mode is asked of the open file, so that it is the mode of what is read. Windows has no such bits.
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o077) !== 0) {
      throw problem(
        path,
        `a file that only its owner can read: run chmod 600 ${path}, or delete it if others used it`,
      )
    }
    return parseSecrets(readFileSync(file, 'utf8'), path)
  } finally {
    closeSync(file)
  }
}

/** Two processes may start together: the file appears whole under its name or not at all, and the first one wins. */
function createSecrets(path: string, folder: string, random: RandomSource): Secrets {
  const secrets = { SECRET_KEY: base64url(random.bytes(32)), ENCRYPTION_KEY: base64url(random.bytes(32)) }
  const draft = `${path}.${hex(random.bytes(8))}`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeDurably(draft, `${JSON.stringify(secrets, null, 2)}\n`)
    linkUnlessTaken(draft, path)
  } catch (error) {
    throw problem(path, 'a place to keep secrets in, or SECRET_KEY and ENCRYPTION_KEY', error)
  } finally {
    rmSync(draft, { force: true })
  }
  const kept = readSecrets(path)
  if (!kept) throw problem(path, 'a file that stays where it was written')
  return kept
}

function writeDurably(path: string, content: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Unlike a rename, a link fails when the name is taken, so a file that is in use is never replaced. */
function linkUnlessTaken(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function parseSecrets(content: string, path: string): Secrets {
  try {
    return Secrets.parse(JSON.parse(content))
  } catch {
    throw problem(
      path,
      'SECRET_KEY and ENCRYPTION_KEY as JSON; restore it, or delete it to lose what they protect',
    )
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw problem(path, 'a file that can be read', error)
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

function problem(path: string, expected: string, cause?: unknown): ConfigError {
  const code = codeOf(cause)
  return new ConfigError([
    { variable: 'generated secrets', expected, source: code ? `${path}: ${code}` : path },
  ])
}
