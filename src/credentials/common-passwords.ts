/**
 * Whether a password is on the bundled list of the ≈ 49,000 most used ones, in whatever case.
 * The list (zxcvbn, MIT) is JSON text that is searched as it stands: it loads on first use in under a
 * millisecond and is held once, where the parsed array would cost ten times the memory.
 * NIST SP 800-63B-4 §3.1.1.2.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  const list = await import('@zxcvbn-ts/language-common/src/passwords.json', { with: { type: 'text' } })
  // TypeScript takes every JSON import for the parsed value; as `text` it is the source, already a string.
  return String(list.default).includes(JSON.stringify(password.toLowerCase()))
}
