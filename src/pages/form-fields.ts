import { badRequest } from '../kernel/index.ts'

/** Longer than anything that a page sends but what an authenticator has made. */
const MAX_LENGTH = 8_192

/** The entries of a form, or the parameters of a page's address. */
export class Fields {
  constructor(private readonly entries: URLSearchParams = new URLSearchParams()) {}

  /** Undefined where there is none. Throws BAD_REQUEST for one that is there twice, or longer than it may be. */
  find(name: string, maxLength = MAX_LENGTH): string | undefined {
    const [value, ...others] = this.entries.getAll(name)
    if (others.length > 0) throw badRequest(`The entry ${name} is there more than once.`)
    if (value !== undefined && value.length > maxLength) throw badRequest(`The entry ${name} is too long.`)
    return value
  }

  /** The same, with nothing for one that is not there. */
  text(name: string, maxLength?: number): string {
    return this.find(name, maxLength) ?? ''
  }
}

/** As many scopes and resources as a request may ask for, each as long as it may be. */
const MAX_SCOPE_LENGTH = 26_000
const MAX_RESOURCE_LENGTH = 21_000

/** What a person was shown and has answered for. */
export const shownOn = (form: Fields) => ({
  scopes: form.text('scope', MAX_SCOPE_LENGTH).split(' ').filter(Boolean),
  resources: form.text('resource', MAX_RESOURCE_LENGTH).split(' ').filter(Boolean),
})
