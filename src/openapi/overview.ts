/** What the documents say before any operation: how the API as a whole behaves. */
export const OVERVIEW = `JSON in and out, UTF-8, under \`/api/v1\`. Times are RFC 3339 in UTC with milliseconds, ids are UUIDv7.

**Answers** come in one envelope: \`data\` when \`success\` is true, else \`error\` with a \`type\` of a closed list and
\`details\`. \`code\` is the HTTP status, \`message\` is for people, and \`request_id\` (also the \`X-Request-ID\` header)
is what the operator finds in the log. An unknown path answers 404, another method 405, in the same envelope.

**Calls** are authenticated by \`Authorization: Bearer\` with a session token, an API key or an access token of OAuth,
or by the session cookie. A request that changes something and carries the cookie must come from an allowed origin.

**Lists** take \`limit\` (1 to 100) and \`cursor\`, and give \`meta.page.next_cursor\`: null on the last page. A page
stays the same when rows are added.

**OAuth and OpenID Connect**, below \`/oidc\` and \`/.well-known\`, take and give what their standards say, without the
envelope: forms, and \`error\` with \`error_description\` where something fails.

**Limits** answer 429 with \`Retry-After\`. A body may have 1 MiB, the headers 16 KiB.`

/** Sections of the documents, in the order in which they are shown. */
export const TAGS: Readonly<Record<string, string>> = {
  Authentication: 'Registration, sign-in, sessions, and the links of mails.',
  Users: 'Oneself: profile, password, API keys, memberships, and all data that is held.',
  Organizations: 'Organizations, their roles, ownership and audit log.',
  Members: 'Who belongs to an organization, and as what.',
  Invites: 'Bringing people into an organization by mail.',
  'Security policy': 'What an organization asks of how its members sign in, and how far they comply.',
  Departments: 'Groups of members.',
  Principals: 'Names that members may carry inside an SSH certificate.',
  Clients: 'Applications that people sign in to, and services that act for themselves.',
  'OpenID Connect':
    'What applications call, as the standards have it, and what people do on their way to an application.',
  'Instance administration': 'Everybody’s users and the whole audit log, for instance administrators.',
  Health: 'How the server is doing, for load balancers and monitoring.',
  Documents: 'This description of the API.',
}

const text = (description: string) => ({ description, schema: { type: 'string' } })
const count = (description: string) => ({ description, schema: { type: 'integer' } })

/** Headers of answers that mean something to a caller. */
export const HEADERS: Readonly<Record<string, object>> = {
  'X-Request-ID': text('Names this request in the log. An own id of 8 to 64 characters is kept.'),
  'WWW-Authenticate': text(
    'How to authenticate (RFC 9110 §11.6.1), and what was wrong with the token or the scope that it lacks (RFC 6750 §3).',
  ),
  'Retry-After': count('Seconds to wait before asking again.'),
  Location: text('Where the browser goes on to.'),
  'Cache-Control': text('How long it may be kept.'),
  'DPoP-Nonce': text('For the next proof, where one was sent (RFC 9449 §8).'),
  'X-RateLimit-Limit': count('How many requests the window allows.'),
  'X-RateLimit-Remaining': count('How many of them are left.'),
  'X-RateLimit-Reset': count('Seconds until the window starts anew.'),
}

export const RATE_LIMIT_HEADERS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'] as const

/** References to components, by their own names. */
export const referTo = (section: 'headers' | 'examples', names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/${section}/${name}` }]))
