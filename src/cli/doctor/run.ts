import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, ConfigError, withDevelopmentSecrets } from '../../config/index.ts'
import { systemRandom } from '../../kernel/index.ts'
import { type CommandContext, type ConfigOptions, readConfigAlone } from '../context.ts'
import { reasonOf } from '../explain.ts'
import { examineDatabase, examineSecrets } from './database.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { examineJobs } from './jobs.ts'
import { examineDisk, examineFileModes } from './machine.ts'
import { examineCache, examineMail } from './services.ts'

interface Examination {
  readonly subject: string
  /** What throws is a failure of the subject. */
  readonly examine: (config: Config) => Finding[] | Promise<Finding[]>
  readonly mend: string
}

const EXAMINATIONS: readonly Examination[] = [
  {
    subject: 'database',
    examine: examineDatabase,
    mend: 'check DATABASE_URL, DATA_DIR and the way to the server; of a damaged database restore a backup',
  },
  { subject: 'secrets', examine: examineSecrets, mend: 'mend the database first' },
  { subject: 'jobs', examine: examineJobs, mend: 'mend the database first' },
  { subject: 'cache', examine: examineCache, mend: 'check REDIS_URL' },
  { subject: 'mail', examine: examineMail, mend: 'check SMTP_URL' },
  { subject: 'disk', examine: examineDisk, mend: 'check DATA_DIR' },
  { subject: 'files', examine: examineFileModes, mend: 'check DATA_DIR and TLS_KEY_FILE' },
]

/** Prints what it finds, changes nothing, and answers 1 when something is broken. */
export async function doctorCommand(context: CommandContext, options: ConfigOptions): Promise<number> {
  let isBroken = false
  const show = (findings: readonly Finding[]) => {
    for (const { level, subject, text, mend } of findings) {
      if (level === 'fail') isBroken = true
      context.terminal.print(`${level.padEnd(4)}  ${subject.padEnd(13)}  ${text}`)
      if (mend !== undefined) context.terminal.print(`${' '.repeat(21)}→ ${mend}`)
    }
  }
  let config: Config
  try {
    config = withKnownSecrets(readConfigAlone(context, options))
    show(examineConfiguration(config))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    show(
      error.problems.map(({ variable, expected, source }) =>
        fail('configuration', `${variable} (${source})`, `set it to ${expected}`),
      ),
    )
    return 1
  }
  for (const { subject, examine, mend } of EXAMINATIONS) {
    try {
      show(await examine(config))
    } catch (error) {
      show([fail(subject, reasonOf(error).replaceAll('\n', ' '), mend)])
    }
  }
  return isBroken ? 1 : 0
}

/** Development secrets where a start has made them: a look at the installation must not be its first start. */
const withKnownSecrets = (config: Config): Config =>
  existsSync(join(config.dataDir, 'secrets.json')) ? withDevelopmentSecrets(config, systemRandom) : config

function examineConfiguration(config: Config): Finding[] {
  const findings = [ok('configuration', `valid, for ${config.environment}`)]
  if (config.environment !== 'production') return findings
  if (!config.rateLimits.enabled) {
    findings.push(warn('configuration', 'requests are not limited', 'remove RATELIMIT_ENABLED=false'))
  }
  if (config.publicUrl.startsWith('https:') && !config.tls && config.trustedProxies.length === 0) {
    findings.push(
      warn(
        'configuration',
        'HTTPS ends at a proxy that is not trusted, so that everyone shares its address and its rate limits',
        'set TRUSTED_PROXIES to the address of the proxy',
      ),
    )
  }
  return findings
}
