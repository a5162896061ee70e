import type { Config } from './config/index.ts'

/** What a person who started the server needs to know next. */
export function greeting(
  config: Config,
  { url, version, hasUsers }: { url: string; version: string; hasUsers: boolean },
): string {
  // With PORT=0 nobody knew the port when the public URL was made up.
  const base = config.port === 0 ? url : config.publicUrl
  const lines: readonly (readonly [name: string, value: string])[] = [
    ['Server', base],
    ['Documentation', `${base}/openapi`],
    ['Database', config.database.kind === 'sqlite' ? config.database.path : 'PostgreSQL'],
    ['Cache', config.redisUrls.length > 0 ? 'Redis' : 'in this process'],
    ['Mail', mailMode(config, base)],
  ]
  return [
    `Authy2 ${version} (${config.environment})`,
    ...lines.map(([name, value]) => `  ${name.padEnd(14)} ${value}`),
    ...(hasUsers ? [] : ['  Nobody has registered yet: the first user becomes the instance administrator.']),
    ...(config.environment === 'development' ? DEVELOPMENT : []),
  ].join('\n')
}

function mailMode({ smtp, environment }: Config, base: string): string {
  if (smtp) return `through ${smtp.host}:${smtp.port}`
  return environment === 'production' ? 'not sent: set SMTP_URL' : `kept to be read at ${base}/dev/mail`
}

const DEVELOPMENT = [
  '  This is a development server: generated secrets, readable mail. Set NODE_ENV=production for people.',
]
