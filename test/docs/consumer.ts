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
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
}
