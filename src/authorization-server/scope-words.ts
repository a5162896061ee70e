/** What a scope lets an application do, in words for the person who is asked. */
const WORDS: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name, picture and language',
  email: 'See your e-mail address',
  roles: 'See your role in each of your organizations',
  organizations: 'See which organizations and departments you belong to',
  groups: 'See the departments that you belong to in its organization',
  offline_access: 'Do all of this while you are away, until you take it back',
  'profile:read': 'Read your profile here',
  'profile:write': 'Change your profile here',
  'organizations:read': 'Read what you may read of your organizations here',
  'organizations:write': 'Change what you may change of your organizations here',
  'audit:read': 'Read the audit logs that you may read here',
}

/** Null for a scope of the application's own, which only it knows the meaning of. */
export const scopeWords = (scope: string): string | null =>
  Object.hasOwn(WORDS, scope) ? (WORDS[scope] ?? null) : null
