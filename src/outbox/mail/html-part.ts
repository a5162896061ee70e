import type { MailContent } from './content.ts'

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const MONOSPACE = 'font-family:ui-monospace,Menlo,Consolas,monospace'

/** Inline, because many readers drop style sheets; the sheet only turns colours over for those that do not. */
const STYLES = {
  page: `margin:0;padding:0;background:#f3f4f6;${FONT}`,
  frame: 'padding:32px 12px',
  card: 'max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px;text-align:left',
  heading: 'margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:600;color:#1a1d21',
  paragraph: 'margin:0 0 16px;font-size:16px;line-height:1.5;color:#1a1d21',
  fact: 'padding:2px 16px 2px 0;font-size:15px;line-height:1.5;color:#1a1d21;vertical-align:top;text-align:left',
  button:
    'display:inline-block;padding:12px 20px;background:#2456c9;color:#ffffff;border-radius:8px;font-size:16px;font-weight:600;text-decoration:none',
  note: 'margin:0 0 8px;font-size:14px;line-height:1.5;color:#565d68',
  link: 'color:#2456c9;word-break:break-all',
  code: `margin:0 0 16px;padding:12px;background:#f3f4f6;color:#1a1d21;border-radius:8px;font-size:14px;line-height:1.5;word-break:break-all;${MONOSPACE}`,
  rule: 'margin:24px 0 16px;border:0;border-top:1px solid #dfe2e7',
} as const

const DARK = `
.page{background:#131518!important}
.card{background:#1e2125!important}
.heading,.paragraph,.fact{color:#e9ebee!important}
.button{background:#8fb1ff!important;color:#10131a!important}
.note{color:#a8afba!important}
.link{color:#8fb1ff!important}
.code{background:#2a2e34!important;color:#e9ebee!important}
.rule{border-top-color:#363b43!important}`

const style = (name: keyof typeof STYLES) => `class="${name}" style="${STYLES[name]}"`
const e = Bun.escapeHTML

/** The HTML of a mail: no image, no script, nothing that is fetched. */
export function htmlPart(content: MailContent): string {
  const { language, subject, paragraphs, facts, button, code, smallPrint } = content
  const paragraph = (text: string) => `<p ${style('paragraph')}>${e(text)}</p>`
  const note = (html: string) => `<p ${style('note')}>${html}</p>`
  return `<!doctype html>
<html lang="${e(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${e(subject)}</title>
<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){${DARK}
}</style>
</head>
<body ${style('page')}>
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" border="0"><tr><td ${style('frame')}>
<div ${style('card')}>
${[
  `<h1 ${style('heading')}>${e(subject)}</h1>`,
  ...paragraphs.map(paragraph),
  ...(facts.length > 0 ? [factTable(facts)] : []),
  ...(button
    ? [`<p style="margin:24px 0"><a ${style('button')} href="${e(button.url)}">${e(button.label)}</a></p>`]
    : []),
  ...(button
    ? [note(`${e(button.plainLink)}<br><a ${style('link')} href="${e(button.url)}">${e(button.url)}</a>`)]
    : []),
  ...(code ? [note(e(code.label)), `<p ${style('code')}>${e(code.value)}</p>`] : []),
  `<hr ${style('rule')}>`,
  ...smallPrint.map((text) => note(e(text))),
].join('\n')}
</div>
</td></tr></table>
</body>
</html>
`
}

function factTable(facts: MailContent['facts']): string {
  const rows = facts.map(
    ([label, value]) =>
      `<tr><th scope="row" ${style('fact')}>${e(label)}</th><td ${style('fact')}>${e(value)}</td></tr>`,
  )
  return `<table cellspacing="0" cellpadding="0" border="0" style="margin:0 0 16px">\n${rows.join('\n')}\n</table>`
}
