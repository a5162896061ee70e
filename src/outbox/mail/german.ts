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
    suspended: (_, { service }) => ({
      subject: 'Ihr Zugang wurde gesperrt',
      paragraphs: [
        `Ihr Zugang auf ${service} wurde von der Administration gesperrt. Sie sind überall abgemeldet.`,
        'Wenn Sie das für einen Irrtum halten, wenden Sie sich an Ihre Administration.',
      ],
      smallPrint: [],
    }),
  },
  device: { time: 'Zeit', name: 'Gerät', address: 'Adresse', unknownAddress: 'unbekannt' },
  roles: { owner: 'Eigentümer', admin: 'Administrator', member: 'Mitglied', guest: 'Gast' },
  code: 'Oder geben Sie Ihrer Anwendung diesen Code:',
  plainLink: 'Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:',
  footer: (service) => `Gesendet von ${service}. Antworten auf diese Mail werden nicht gelesen.`,
}
