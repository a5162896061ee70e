import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Program, programFolder, startProgram } from './programs.ts'

const MODULES = '/usr/lib/apache2/modules'

/** Apache with mod_auth_openidc, or undefined where either is not installed. */
export function findApache(): string | undefined {
  const apache = Bun.which('apache2') ?? (existsSync('/usr/sbin/apache2') ? '/usr/sbin/apache2' : null)
  return apache !== null && existsSync(`${MODULES}/mod_auth_openidc.so`) ? apache : undefined
}

export interface ApacheOptions {
  /** The configuration of a site, which listens by itself. */
  readonly site: string
  /** What `/etc/apache2/envvars` has beside Debian's own. */
  readonly env: Readonly<Record<string, string>>
  readonly port: number
}

/** Apache with what Debian loads by default and the guide says to enable. */
export async function startApache({ site, env, port }: ApacheOptions): Promise<Program> {
  const apache = findApache()
  if (apache === undefined) throw new Error('Apache is not installed')
  const folder = programFolder('apache')
  const modules = [
    ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'alias'],
    ...['auth_openidc', 'proxy', 'proxy_http'],
  ]
  const configuration = join(folder, 'apache2.conf')
  await writeFile(
    configuration,
    [
      ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      `ServerRoot ${folder}`,
      `PidFile ${folder}/pid`,
      `DefaultRuntimeDir ${folder}`,
      `DocumentRoot ${folder}`,
      'ServerName localhost',
      'ErrorLog "|/bin/cat"', // to what it was started with, which tells when it is ready
      site,
    ].join('\n'),
  )
  return startProgram({
    folder,
    command: () => [apache, '-D', 'FOREGROUND', '-f', configuration],
    env,
    ready: /resuming normal operations/,
    stopSignal: 'SIGTERM',
    port,
  })
}
