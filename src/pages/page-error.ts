import type { Messages } from './messages/messages.ts'

/** What is said on a page of its own, because there is no form to go on with. */
export class PageError extends Error {
  override readonly name = 'PageError'

  constructor(
    readonly code: keyof Messages['errors'],
    readonly status: number,
  ) {
    super(`A person is shown the page ${code}`)
  }
}

export const interactionExpired = () => new PageError('interaction_expired', 410)
export const linkExpired = (link: 'reset_link' | 'verification_link' | 'recovery_link' | 'invite') =>
  new PageError(`${link}_expired`, 410)
