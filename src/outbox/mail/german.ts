import type { Catalogue } from './catalogue.ts'

export const german: Catalogue = {
  language: 'de',
  dates: 'de-DE',
  mails: {
    verify_email: (_, { service }) => ({
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        `Diese Adresse wurde bei einer Registrierung auf ${service} angegeben. Bestätigen Sie, dass sie Ihnen gehört.`,
      ],
      button: 'Adresse bestätigen',
      smallPrint: [
        'Der Link gilt einmal und 24 Stunden lang.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun.',
      ],
    }),
    change_email: (_, { service }) => ({
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        `Diese Adresse wurde auf ${service} als Ihre neue angegeben. Sie gilt, sobald Sie sie bestätigen; bis dahin gilt die alte.`,
      ],
      button: 'Neue Adresse bestätigen',
      smallPrint: [
        'Der Link gilt einmal und 24 Stunden lang.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun.',
      ],
    }),
    email_changed: ({ newEmail }, { service }) => ({
      subject: 'Ihre E-Mail-Adresse wurde geändert',
      paragraphs: [
        `Ihre Adresse auf ${service} wurde in ${newEmail} geändert.`,
        'Wenn Sie das nicht waren, wenden Sie sich jetzt an Ihre Administration.',
      ],
      smallPrint: [],
    }),
    register_existing: (_, { service }) => ({
      subject: 'Sie sind bereits registriert',
      paragraphs: [
        `Jemand wollte sich auf ${service} mit dieser Adresse registrieren, die bereits registriert ist.`,
        'Wenn Sie das waren, melden Sie sich an. Ein vergessenes Passwort können Sie dort ersetzen.',
      ],
      button: 'Anmelden',
      smallPrint: ['Wenn Sie das nicht waren, müssen Sie nichts tun: niemand hat sich Zugang verschafft.'],
    }),
    reset_password: (_, { service }) => ({
      subject: 'Wählen Sie ein neues Passwort',
      paragraphs: [
        `Auf ${service} wurde ein neues Passwort für Sie angefordert. Mit diesem Link wählen Sie eines.`,
      ],
      button: 'Neues Passwort wählen',
      smallPrint: [
        'Der Link gilt einmal und eine Stunde lang. Damit werden alle Geräte abgemeldet.',
        'Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.',
      ],
    }),
    password_changed: (_, { service }) => ({
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        `Ihr Passwort auf ${service} wurde geändert.`,
        'Wenn Sie das nicht waren, fordern Sie jetzt auf der Anmeldeseite ein neues an und melden Sie es Ihrer Administration.',
      ],
      smallPrint: [],
    }),
    new_device: (_, { service }) => ({
      subject: 'Anmeldung von einem neuen Gerät',
      paragraphs: [
        `Auf ${service} wurde Ihr Zugang von einem Gerät benutzt, das wir noch nicht kannten.`,
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort: das meldet alle anderen Geräte ab.',
      ],
      smallPrint: [],
    }),
    mfa_changed: ({ change, codesLeft }, { service }) => ({
      subject: german.mfaChanges[change].subject,
      paragraphs: [
        `${german.mfaChanges[change].sentence} Das betrifft Ihren Zugang zu ${service}.`,
        ...(codesLeft === null ? [] : [`Verbleibende Ersatzcodes: ${codesLeft}.`]),
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort, beenden Sie alle anderen Sitzungen und melden Sie es Ihrer Administration.',
      ],
      smallPrint: [],
    }),
    second_factor_guessing: (_, { service }) => ({
      subject: 'Jemand rät Ihren zweiten Faktor',
      paragraphs: [
        `Auf ${service} wurden für Sie zehn falsche Codes hintereinander eingegeben, der letzte von dem unten genannten Gerät.`,
        'Wer das war, kennt Ihr Passwort. Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort.',
      ],
      smallPrint: ['Niemand hat sich Zugang verschafft. Weitere Versuche müssen immer länger warten.'],
    }),
    recovery_link: ({ expiresAt }, { service, instant }) => ({
      subject: 'Ein Link zur Wiederherstellung Ihres Zugangs wurde erstellt',
      paragraphs: [
        `Die Administration von ${service} hat einen Link erstellt, mit dem Sie ein neues Passwort wählen können. Er entfernt auch Ihre zweiten Faktoren und wird Ihnen auf anderem Weg als per Mail übergeben.`,
        'Wenn Sie nicht darum gebeten haben, melden Sie es jetzt Ihrer Administration.',
      ],
      smallPrint: [`Der Link gilt einmal und bis ${instant(expiresAt)}.`],
    }),
    invite: ({ inviterName, organizationName, role, expiresAt }, { service, instant }) => ({
      subject: `Einladung zu ${organizationName}`,
      paragraphs: [
        `${inviterName} lädt Sie ein, „${organizationName}“ auf ${service} beizutreten (Rolle: ${german.roles[role]}).`,
      ],
      button: 'Einladung ansehen',
      smallPrint: [
        `Die Einladung gilt bis ${instant(expiresAt)}.`,
        'Wenn Sie den Absender nicht kennen, müssen Sie nichts tun.',
      ],
    }),
    member_added: ({ adderName, organizationName, organizationId, userId, role }, { service }) => ({
      subject: `Sie wurden in ${organizationName} aufgenommen`,
      paragraphs: [
        `${adderName} hat Sie auf ${service} in „${organizationName}“ aufgenommen (Rolle: ${german.roles[role]}).`,
        'Deren Administration sieht Ihren Namen und Ihre Adresse und kann mehr verlangen, wenn Sie sich anmelden.',
        `Wenn Sie nicht dazugehören möchten, treten Sie aus; dafür brauchen Sie niemandes Zustimmung: DELETE /api/v1/organizations/${organizationId}/members/${userId}.`,
      ],
      smallPrint: [],
    }),
    suspended: (_, { service }) => ({
      subject: 'Ihr Zugang wurde gesperrt',
      paragraphs: [
        `Ihr Zugang auf ${service} wurde von der Administration gesperrt. Sie sind überall abgemeldet.`,
        'Wenn Sie das für einen Irrtum halten, wenden Sie sich an Ihre Administration.',
      ],
      smallPrint: [],
    }),
    mfa_reminder: ({ organizationName, deadlineAt, isPast, missing }, { service, instant }) => ({
      subject: isPast
        ? 'Ein zweiter Faktor fehlt'
        : `Richten Sie bis ${instant(deadlineAt)} einen zweiten Faktor ein`,
      paragraphs: [
        `„${organizationName}“ verlangt von Mitgliedern auf ${service} einen zweiten Faktor. Sie brauchen ${missing.map((method) => german.mfaMethods[method]).join(' und ')}.`,
        isPast
          ? `Die Frist endete am ${instant(deadlineAt)}. Bis Sie ihn eingerichtet haben, steht Ihnen nichts anderes offen.`
          : `Sie haben Zeit bis ${instant(deadlineAt)}. Danach steht Ihnen nichts anderes offen, bis Sie ihn eingerichtet haben.`,
      ],
      button: 'Jetzt einrichten',
      smallPrint: ['Es dauert ein bis zwei Minuten und braucht keine neue Anmeldung.'],
    }),
  },
  device: { time: 'Zeit', name: 'Gerät', address: 'Adresse', unknownAddress: 'unbekannt' },
  mfaMethods: {
    totp: 'eine Authenticator-App',
    webauthn: 'einen Passkey oder Sicherheitsschlüssel',
    totp_or_webauthn: 'eine Authenticator-App, einen Passkey oder einen Sicherheitsschlüssel',
  },
  mfaChanges: {
    totp_enabled: {
      subject: 'Authenticator-App hinzugefügt',
      sentence: 'Bei der Anmeldung wird jetzt ein Code Ihrer Authenticator-App verlangt.',
    },
    totp_replaced: {
      subject: 'Authenticator-App ersetzt',
      sentence:
        'Bei der Anmeldung wird jetzt ein Code einer anderen Authenticator-App verlangt; die bisherige gilt nicht mehr.',
    },
    totp_disabled: {
      subject: 'Authenticator-App entfernt',
      sentence: 'Ihre Authenticator-App ist kein zweiter Faktor mehr.',
    },
    backup_codes_regenerated: {
      subject: 'Neue Ersatzcodes',
      sentence: 'Sie haben neue Ersatzcodes; die bisherigen gelten nicht mehr.',
    },
    backup_code_used: {
      subject: 'Ein Ersatzcode wurde benutzt',
      sentence: 'Einer Ihrer Ersatzcodes wurde anstelle Ihres zweiten Faktors benutzt.',
    },
    webauthn_registered: {
      subject: 'Passkey hinzugefügt',
      sentence: 'Ein Passkey oder Sicherheitsschlüssel wurde zu Ihren Anmeldemethoden hinzugefügt.',
    },
    webauthn_removed: {
      subject: 'Passkey entfernt',
      sentence:
        'Ein Passkey oder Sicherheitsschlüssel von Ihnen wurde entfernt und gilt nicht mehr zur Anmeldung.',
    },
    reset: {
      subject: 'Ihre zweiten Faktoren wurden zurückgesetzt',
      sentence: 'Die Administration hat alle Ihre zweiten Faktoren und Ersatzcodes entfernt.',
    },
  },
  roles: { owner: 'Eigentümer', admin: 'Administrator', member: 'Mitglied', guest: 'Gast' },
  code: 'Oder geben Sie Ihrer Anwendung diesen Code:',
  plainLink: 'Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:',
  footer: (service) => `Gesendet von ${service}. Antworten auf diese Mail werden nicht gelesen.`,
}
