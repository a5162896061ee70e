import { invalidRequest } from '../oauth/index.ts'

/** OpenID Connect Core 1.0 §3.1.2.1 */
export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** OpenID Connect Core 1.0 §3.1.2.1 */
export const DISPLAYS = ['page', 'popup', 'touch', 'wap'] as const
export type Display = (typeof DISPLAYS)[number]

/** Throws invalid_request for what is not known, and for `none` beside another. */
export function parsePrompt(text: string | undefined): readonly Prompt[] {
  const prompts = words(text).map((word) => {
    const prompt = PROMPTS.find((known) => known === word)
    if (prompt === undefined) throw invalidRequest('The parameter prompt has an unknown value.')
    return prompt
  })
  if (prompts.includes('none') && prompts.length > 1) {
    throw invalidRequest('The prompt none stands alone.')
  }
  return prompts
}

/** Whole seconds. Throws invalid_request. */
export function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[0-9]{1,10}$/.test(text)) throw invalidRequest('The parameter max_age must be whole seconds.')
  return Number(text)
}

/** A wish about the page: one that is not known is left aside. */
export const parseDisplay = (text: string | undefined): Display | undefined =>
  DISPLAYS.find((known) => known === text)

/** The words of a text between spaces, each once, in their order. */
export const words = (text: string | undefined): readonly string[] =>
  [...new Set((text ?? '').split(' '))].filter((word) => word !== '')
