/**
 * One record of a CSV file (RFC 4180 §2), line break included; null is an empty field.
 * A spreadsheet runs a cell that begins like a formula, and some of these texts are a stranger's (user agent):
 * such a cell gets an apostrophe before it, which makes it text.
 */
export const encodeCsvRow = (cells: readonly (string | null)[]): string =>
  `${cells.map(encode).join(',')}\r\n`

function encode(cell: string | null): string {
  const text = cell ?? ''
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
