import type { MailContent } from './content.ts'

/** The plain text of a mail: paragraphs with an empty line between them. */
export function textPart({ subject, paragraphs, facts, button, code, smallPrint }: MailContent): string {
  const blocks = [
    subject,
    ...paragraphs,
    ...(facts.length > 0 ? [facts.map(([label, value]) => `${label}: ${value}`).join('\n')] : []),
    ...(button ? [`${button.label}:\n${button.url}`] : []),
    ...(code ? [`${code.label}\n${code.value}`] : []),
    ...(smallPrint.length > 0 ? [`-- \n${smallPrint.join('\n')}`] : []), // RFC 3676 §4.3
  ]
  return `${blocks.join('\n\n')}\n`
}
