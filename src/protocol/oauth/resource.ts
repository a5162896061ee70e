import { invalidTarget } from './errors.ts'
import type { RequestParameters } from './parameters.ts'

const MAX_COUNT = 10
const MAX_LENGTH = 2_048
/** Of all: they come back as the audience of a token, which travels in a header. */
const MAX_TOTAL_LENGTH = 3_072

/**
 * The resources that a token is asked for, each once: absolute URIs without fragment. Throws invalid_target when
 * one is malformed. Whether the client may ask for them is for the server to say. RFC 8707 §2
 */
export function parseResources(parameters: RequestParameters): readonly string[] {
  const resources = [...new Set(parameters.all('resource'))]
  if (resources.length > MAX_COUNT) throw invalidTarget('Too many resources.')
  if (resources.join('').length > MAX_TOTAL_LENGTH) throw invalidTarget('The resources are too long.')
  if (!resources.every(isResource)) {
    throw invalidTarget('A resource must be an absolute URI without a fragment.')
  }
  return resources
}

const isResource = (text: string): boolean =>
  text.length <= MAX_LENGTH &&
  /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d_a-z~]+$/.test(text) &&
  URL.canParse(text)
