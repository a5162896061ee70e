import type { Row } from '../../src/db/index.ts'
import { PASSWORD, withPassword } from '../authentication/people.ts'
import { clientCalls } from '../clients/requests.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import type { TestServer } from '../support/server.ts'
import { authorizePath, Browser, interactionOf, type Page } from './browser.ts'

export interface Setting {
  readonly tenant: Tenant
  readonly client: { readonly id: string; readonly secret: string }
  readonly user: Row<'user'>
  readonly email: string
  readonly browser: Browser
}

/** An application that anybody may sign in to, unless its settings say otherwise, and somebody with a password. */
export async function setUp(t: TestServer, settings: object = {}): Promise<Setting> {
  const tenant = await foundTenant(t)
  const client = await clientCalls(t, tenant).make({ access: { members_only: false }, ...settings })
  const email = `${client.id}@example.com`
  const user = await withPassword(t, { email })
  return { tenant, client, user, email, browser: new Browser(() => t) }
}

/** Begins an interaction. */
export async function begin(
  { client, browser }: Setting,
  parameters: Record<string, string | undefined> = {},
): Promise<string> {
  return interactionOf(await browser.get(authorizePath(client, parameters)))
}

export const signIn = ({ browser, email }: Setting, id: string): Promise<Page> =>
  browser.step(id, 'login', { email, password: PASSWORD })

/** Agrees to what is shown. */
export async function agree({ browser }: Pick<Setting, 'browser'>, id: string): Promise<Page> {
  const { scopes, resources } = (await browser.interaction(id)).json.data.interaction
  return browser.step(id, 'consent', { scopes: scopes.map(({ name }: { name: string }) => name), resources })
}

/** The whole way as a person who does whatever is asked; where the browser ends up. */
export async function signInToClient(
  setting: Setting,
  parameters: Record<string, string | undefined> = {},
): Promise<URL> {
  const id = await begin(setting, parameters)
  const signedIn = await signIn(setting, id)
  const { data } = signedIn.json.data.next === 'interaction' ? (await agree(setting, id)).json : signedIn.json
  return new URL(data.location)
}
