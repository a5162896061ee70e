/**
 * Whether a grant type gives what somebody agrees to, on a page of this server. It is what a client gets that nobody
 * vouches for; by the others it would name scopes and resources itself, and nobody would have said yes.
 */
export const isGrantOfPeople = (grantType: string): boolean => OF_PEOPLE.includes(grantType)

const OF_PEOPLE: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'implicit',
  'urn:ietf:params:oauth:grant-type:device_code',
]
