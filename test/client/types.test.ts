import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { App } from '../../src/app.ts'
import type {
  Client as DeclaredClient,
  ErrorType as DeclaredErrorType,
  Routes,
} from '../../src/client.generated.d.ts'
import type { ApiError, Client, DataOf, RowOf } from '../../src/client.ts'
import { testServer } from '../support/server.ts'

/** True only for types that are the same in every way: `any` is the same as nothing but `any`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Tree<T> = { [K in keyof T]: T[K] extends { response: unknown } ? Plain<T[K]> : Tree<T[K]> }
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T

type V1 = Client['api']['v1']
type Organization = ReturnType<V1['organizations']>
type Call<F extends (...input: never) => unknown> = Awaited<ReturnType<F>>

/** Does nothing: the compiler does not let through what is not true. */
const hold = (..._: readonly true[]) => {}

test('the client knows what routes take and give', () => {
  hold(
    true satisfies Same<
      Parameters<V1['auth']['login']['post']>[0],
      { email: string; password: string; remember_me?: boolean | undefined }
    >,
    true satisfies Same<DataOf<Call<V1['users']['me']['get']>>['user']['email'], string>,
    true satisfies Same<DataOf<Call<V1['users']['me']['get']>>['user']['created_at'], string>,
    true satisfies Same<DataOf<Call<V1['users']['me']['get']>>['user']['full_name'], string | null>,
    true satisfies Same<DataOf<Call<Organization['members']['get']>>['members'][0]['role'], MemberRole>,
    true satisfies Same<RowOf<DataOf<Call<Organization['members']['get']>>>['role'], MemberRole>,
  )
})
type MemberRole = 'owner' | 'admin' | 'member' | 'guest'

test('the answer to a password is one of two, told apart by `mfa_required`', () => {
  type Answer = DataOf<Call<V1['auth']['login']['post']>>
  type SignedIn = Extract<Answer, { mfa_required: false }>
  type SecondFactorRequired = Extract<Answer, { mfa_required: true }>
  hold(
    true satisfies Same<SignedIn['token'], string>,
    true satisfies Same<SecondFactorRequired['mfa_token'], string>,
    true satisfies Same<SecondFactorRequired['methods'], ('webauthn' | 'totp' | 'backup_code')[]>,
    true satisfies 'token' extends keyof SecondFactorRequired ? false : true,
    true satisfies 'mfa_token' extends keyof SignedIn ? false : true,
  )
})

test('what has a default may be left out', () => {
  type Query = NonNullable<NonNullable<Parameters<V1['auth']['sessions']['get']>[0]>['query']>
  hold(
    true satisfies Same<Query, { limit?: number | undefined; cursor?: string | undefined }>,
    true satisfies Same<undefined extends Parameters<V1['auth']['sessions']['get']>[0] ? true : false, true>,
  )
})

test('the type of an error is one of the closed list', () => {
  hold(
    true satisfies Same<'NOT_FOUND' extends ApiError['type'] ? true : false, true>,
    true satisfies Same<string extends ApiError['type'] ? true : false, false>,
  )
})

/** When this does not compile, a route has changed: run `bun scripts/generate-client-types.ts`. */
test('the declarations that applications get are those of the routes', () => {
  hold(
    true satisfies Same<Routes, Tree<App['~Routes']>>,
    true satisfies Same<DeclaredErrorType, ApiError['type']>,
    true satisfies DeclaredClient extends Client ? true : false,
  )
})

test('the declarations have every operation, and nothing that is not known', async () => {
  await using t = await testServer()
  const text = await Bun.file(join(import.meta.dir, '../../src/client.generated.d.ts')).text()
  // What other standards say, and the pages, are beside the chain that applications are typed for.
  const isBeside = (path: string) => /^\/(?:dev|oidc|\.well-known\/o[a-z-]+)(?:\/|$)/.test(path)
  const isPage = ({ hooks }: (typeof t.app.routes)[number]) =>
    hooks.tags?.includes('Pages') || hooks.detail?.tags?.includes('Pages')
  const typed = t.app.routes.filter((route) => !isBeside(route.path) && !isPage(route))
  expect(text.match(/^(get|post|put|patch|delete): \{ body:/gm)).toHaveLength(typed.length)
  expect(text).not.toMatch(/\bany\b/)
})
