import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ROOT } from './pages.ts'

/** What examples are told to install, beside this project. */
const INSTALLED = ['@auth/core', '@modelcontextprotocol/sdk', '@types', 'jose', 'openid-client']

/** A strict TypeScript project that has installed what the examples use. */
export async function createConsumer(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  await symlink(ROOT, join(modules, 'authy2'))
  for (const name of INSTALLED) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }
  await mkdir(join(modules, 'next-auth'))
  await writeFile(join(modules, 'next-auth/index.ts'), NEXT_AUTH)
  await mkdir(join(modules, 'next'))
  await writeFile(join(modules, 'next/server.d.ts'), 'export function connection(): Promise<void>')
  const compilerOptions = {
    target: 'ESNext',
    module: 'Preserve',
    moduleResolution: 'Bundler',
    moduleDetection: 'force',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['bun'],
    allowImportingTsExtensions: true,
    jsx: 'react-jsx',
    paths: { '@/*': ['./*'] },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*.ts', '*.tsx'] }),
  )
}

/**
 * In the place of next-auth, which needs all of Next.js and does the same with its requests. Text, because
 * @auth/core brings types of browsers along, which have no place in the type check of this project.
 */
const NEXT_AUTH = `import { Auth, type AuthConfig, setEnvDefaults } from '@auth/core'
import type { Session } from '@auth/core/types'

export type { Session } from '@auth/core/types'

export default function NextAuth(given: AuthConfig) {
  const config: AuthConfig = { basePath: '/api/auth', ...given }
  setEnvDefaults(process.env, config)
  const handle = (request: Request): Promise<Response> => Auth(request, config)
  return {
    handlers: { GET: handle, POST: handle },
    auth: (): Promise<Session | null> => onlyInNext(),
    signIn: (_provider?: string): Promise<void> => onlyInNext(),
    signOut: (): Promise<void> => onlyInNext(),
  }
}

const onlyInNext = (): Promise<never> => Promise.reject(new Error('This needs Next.js'))
`
