import type { BrowserPages } from '../authorization-server/index.ts'
import { applicationOf } from './answer.ts'
import type { PageDeps } from './page-route.ts'
import { createServe } from './serve.ts'

/** What the authorization server shows people: pages as all the others. */
export function browserPages(deps: PageDeps): BrowserPages {
  const serve = createServe(deps)
  return {
    formPost: (exchange, { action, fields, client }) =>
      serve.show(exchange, {
        client,
        going: {},
        page: { kind: 'hand_over', application: applicationOf(client), to: action, fields },
      }),
    askToSignOut: (exchange, { person, client, location, encoded }) =>
      serve.show(exchange, {
        client,
        leadsTo: location,
        page: {
          kind: 'sign_out',
          email: person.user.email,
          request: encoded,
          ...(client && { application: applicationOf(client) }),
        },
      }),
    signedOut: (exchange, client) =>
      serve.show(exchange, {
        client,
        page: { kind: 'signed_out', ...(client && { application: applicationOf(client) }) },
      }),
    problem: (exchange, error) => serve.problem(exchange, error),
  }
}
