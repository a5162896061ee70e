import { expect } from 'bun:test'
import type { Guide } from './guide.ts'

export interface Replayed {
  readonly id: string
  readonly secret: string
  // biome-ignore lint/suspicious/noExplicitAny: claims of a token; tests say what they expect of them
  readonly idToken: any
  readonly tokens: Readonly<Record<string, string>>
}

/** What a program of others sends that no test can run, as its sources have it. */
export interface Habits {
  readonly authorize: string
  readonly token: string
  readonly redirectUri: string
  readonly parameters: Readonly<Record<string, string>>
  readonly verifier: string
  readonly environment: string
  /** The names that id and secret have there. */
  readonly variables: readonly [id: string, secret: string]
}

/** Signs Bob in as the program does: the code by query, the secret in the header, in Go's encoding of both. */
export async function signInLike(guide: Guide, habits: Habits): Promise<Replayed> {
  const [id, secret] = habits.variables.map(
    (name) => new RegExp(`^${name}=(.+)$`, 'm').exec(habits.environment)?.[1] ?? '',
  ) as [string, string]
  const challenge = new Bun.CryptoHasher('sha256').update(habits.verifier).digest('base64url')
  const url = new URL(habits.authorize)
  url.search = new URLSearchParams({
    client_id: id,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    redirect_uri: habits.redirectUri,
    response_type: 'code',
    ...habits.parameters,
  }).toString()
  const { url: answer } = await guide.bob().signIn(url)
  expect(answer.href.split('?')[0]).toBe(habits.redirectUri)
  expect(answer.searchParams.get('state')).toBe(habits.parameters.state ?? '')

  const basic = btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)
  const response = await fetch(habits.token, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({
      code: answer.searchParams.get('code') ?? '',
      code_verifier: habits.verifier,
      grant_type: 'authorization_code',
      redirect_uri: habits.redirectUri,
    }),
  })
  const tokens = (await response.json()) as Record<string, string>
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
  const [, payload = ''] = (tokens.id_token ?? '').split('.')
  return { id, secret, tokens, idToken: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
}
