import type { ReceivedMail } from './development-mailbox.ts'

const e = Bun.escapeHTML

const STYLE = `
:root{color-scheme:light dark}
body{margin:0 auto;padding:24px 16px;max-width:720px;font:16px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
h1{font-size:24px}
h2{margin:0 0 4px;font-size:18px}
article{margin:16px 0;padding:16px;border:1px solid color-mix(in srgb,CanvasText 25%,Canvas);border-radius:12px}
p{margin:4px 0}
.about{font-size:14px;color:color-mix(in srgb,CanvasText 70%,Canvas)}
pre{margin:12px 0 0;padding:12px;border-radius:8px;background:color-mix(in srgb,CanvasText 7%,Canvas);white-space:pre-wrap;overflow-wrap:anywhere;font-size:14px}
a{overflow-wrap:anywhere}`

/** The mailbox as a page without scripts, newest mail first. */
export const mailboxPage = (mails: readonly ReceivedMail[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development mailbox</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>Development mailbox</h1>
<p class="about">No mail server is configured, so mails stay here, the last 100 of them, until the server stops.
Also as <a href="/dev/mail.json">JSON</a>.</p>
${mails.length === 0 ? '<p>No mail yet.</p>' : mails.map(article).join('\n')}
</body>
</html>
`

function article({ id, at, to, kind, subject, text, link }: ReceivedMail): string {
  const time = at.toISOString()
  return `<article>
<h2>${e(subject)}</h2>
<p class="about">To ${e(to)} · ${e(kind)} · <time datetime="${time}">${time}</time> · <a href="/dev/mail/${e(id)}">as HTML</a></p>
${link === undefined ? '' : `<p><a href="${e(link)}">${e(link)}</a></p>`}
<pre>${e(text)}</pre>
</article>`
}
