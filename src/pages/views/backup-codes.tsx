import { localPath } from '../parts/addresses.ts'
import { ButtonLink, Card } from '../parts/card.tsx'
import { useFrame } from '../parts/frame.tsx'
import { PATHS } from '../paths.ts'

export interface BackupCodesProps {
  readonly codes: readonly string[]
  /** A path of this server. */
  readonly goOnHref: string
}

/**
 * Shown once, to be printed, copied or saved: one click selects all of them, and the file is in the link itself,
 * so neither needs a script nor brings the codes over the wire again.
 */
export function BackupCodes({ codes, goOnHref }: BackupCodesProps) {
  const { messages, branding } = useFrame()
  const { backupCodes } = messages
  const file = `${branding.service}\n\n${codes.join('\n')}\n`
  return (
    <Card title={backupCodes.title} lead={backupCodes.lead} sign="shield">
      <ol className="codes" aria-label={backupCodes.list}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <p className="aside">{backupCodes.howTo}</p>
      <div className="stack screen-only">
        <a
          className="button secondary"
          download="backup-codes.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
        >
          {backupCodes.download}
        </a>
        <ButtonLink href={localPath(goOnHref) ?? PATHS.signIn}>{backupCodes.goOn}</ButtonLink>
      </div>
    </Card>
  )
}
