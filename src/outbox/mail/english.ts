import type { Catalogue } from './catalogue.ts'

export const english: Catalogue = {
  language: 'en',
  dates: 'en-GB',
  mails: {
    verify_email: (_, { service }) => ({
      subject: 'Confirm your e-mail address',
      paragraphs: [`This address was given to sign up at ${service}. Confirm that it is yours.`],
      button: 'Confirm this address',
      smallPrint: ['The link works once, within 24 hours.', 'If it was not you, there is nothing to do.'],
    }),
    change_email: (_, { service }) => ({
      subject: 'Confirm your new e-mail address',
      paragraphs: [
        `This address was given as your new one at ${service}. It counts as soon as you confirm it; until then the old one does.`,
      ],
      button: 'Confirm the new address',
      smallPrint: ['The link works once, within 24 hours.', 'If it was not you, there is nothing to do.'],
    }),
    email_changed: ({ newEmail }, { service }) => ({
      subject: 'Your e-mail address was changed',
      paragraphs: [
        `Your address at ${service} was changed to ${newEmail}.`,
        'If it was not you, tell your administrator now.',
      ],
      smallPrint: [],
    }),
    register_existing: (_, { service }) => ({
      subject: 'You are signed up already',
      paragraphs: [
        `Somebody tried to sign up at ${service} with this address, which is signed up already.`,
        'If it was you, sign in. If you have forgotten the password, ask for a new one there.',
      ],
      button: 'Sign in',
      smallPrint: ['If it was not you, there is nothing to do: nobody has got in.'],
    }),
    reset_password: (_, { service }) => ({
      subject: 'Choose a new password',
      paragraphs: [`A new password was asked for at ${service}. Choose one with this link.`],
      button: 'Choose a new password',
      smallPrint: [
        'The link works once, within one hour. All devices are signed out by it.',
        'If it was not you, there is nothing to do: your password stays as it is.',
      ],
    }),
    password_changed: (_, { service }) => ({
      subject: 'Your password was changed',
      paragraphs: [
        `Your password at ${service} was changed.`,
        'If it was not you, ask for a new password on the sign-in page now and tell your administrator.',
      ],
      smallPrint: [],
    }),
    new_device: (_, { service }) => ({
      subject: 'New device signed in',
      paragraphs: [
        `A device that was not seen before signed in as you at ${service}.`,
        'If it was not you, change your password now: that signs all other devices out.',
      ],
      smallPrint: [],
    }),
    mfa_changed: ({ change, codesLeft }, { service }) => ({
      subject: english.mfaChanges[change].subject,
      paragraphs: [
        `${english.mfaChanges[change].sentence} This is about your access to ${service}.`,
        ...(codesLeft === null ? [] : [`Backup codes left: ${codesLeft}.`]),
        'If it was not you, change your password now, end all other sessions and tell your administrator.',
      ],
      smallPrint: [],
    }),
    second_factor_guessing: (_, { service }) => ({
      subject: 'Somebody is guessing your second factor',
      paragraphs: [
        `Ten wrong codes in a row were given for you at ${service}, the last one from the device below.`,
        'Whoever did that knows your password. If it was not you, change your password now.',
      ],
      smallPrint: ['Nobody has got in. Further guesses have to wait longer and longer.'],
    }),
    recovery_link: ({ expiresAt }, { service, instant }) => ({
      subject: 'A link to recover your access was made',
      paragraphs: [
        `An administrator of ${service} has made a link by which you can choose a new password. It also removes your second factors, and will be handed to you by another way than mail.`,
        'If you did not ask for it, tell your administrator now.',
      ],
      smallPrint: [`The link works once, until ${instant(expiresAt)}.`],
    }),
    invite: ({ inviterName, organizationName, role, expiresAt }, { service, instant }) => ({
      subject: `Invitation to ${organizationName}`,
      paragraphs: [
        `${inviterName} invites you to join “${organizationName}” at ${service} as ${english.roles[role]}.`,
      ],
      button: 'Look at the invitation',
      smallPrint: [
        `The invitation is good until ${instant(expiresAt)}.`,
        'If you do not know who this is, there is nothing to do.',
      ],
    }),
    member_added: ({ adderName, organizationName, organizationId, userId, role }, { service }) => ({
      subject: `You were added to ${organizationName}`,
      paragraphs: [
        `${adderName} has added you to “${organizationName}” at ${service} as ${english.roles[role]}.`,
        'Its administrators see your name and address, and may ask more of how you sign in.',
        `If you do not want to belong to it, leave it, to which nobody has to agree: DELETE /api/v1/organizations/${organizationId}/members/${userId}.`,
      ],
      smallPrint: [],
    }),
    suspended: (_, { service }) => ({
      subject: 'Your access was suspended',
      paragraphs: [
        `Your access at ${service} was suspended by an administrator. You are signed out everywhere.`,
        'If you think that this is a mistake, speak to your administrator.',
      ],
      smallPrint: [],
    }),
    mfa_reminder: ({ organizationName, deadlineAt, isPast, missing }, { service, instant }) => ({
      subject: isPast ? 'A second factor is missing' : `Add a second factor by ${instant(deadlineAt)}`,
      paragraphs: [
        `“${organizationName}” asks its members at ${service} for a second factor. You need ${missing.map((method) => english.mfaMethods[method]).join(' and ')}.`,
        isPast
          ? `The time for it was over on ${instant(deadlineAt)}. Until you have added it, nothing else is open to you.`
          : `You have until ${instant(deadlineAt)}. After that nothing else is open to you until you have added it.`,
      ],
      button: 'Add it now',
      smallPrint: ['It takes a minute or two, and no new sign-in.'],
    }),
  },
  device: { time: 'Time', name: 'Device', address: 'Address', unknownAddress: 'unknown' },
  mfaMethods: {
    totp: 'an authenticator app',
    webauthn: 'a passkey or security key',
    totp_or_webauthn: 'an authenticator app, a passkey or a security key',
  },
  mfaChanges: {
    totp_enabled: {
      subject: 'Authenticator app added',
      sentence: 'Signing in now asks for a code of your authenticator app.',
    },
    totp_replaced: {
      subject: 'Authenticator app replaced',
      sentence:
        'Signing in asks for a code of another authenticator app now; the one before no longer counts.',
    },
    totp_disabled: {
      subject: 'Authenticator app removed',
      sentence: 'Your authenticator app is no longer a second factor.',
    },
    backup_codes_regenerated: {
      subject: 'New backup codes',
      sentence: 'You have new backup codes; the ones before no longer count.',
    },
    backup_code_used: {
      subject: 'A backup code was used',
      sentence: 'One of your backup codes was used in place of your second factor.',
    },
    webauthn_registered: {
      subject: 'Passkey added',
      sentence: 'A passkey or security key was added to your sign-in methods.',
    },
    webauthn_removed: {
      subject: 'Passkey removed',
      sentence: 'A passkey or security key of yours was removed and no longer signs you in.',
    },
    reset: {
      subject: 'Your second factors were reset',
      sentence: 'An administrator has removed all of your second factors and backup codes.',
    },
  },
  roles: { owner: 'owner', admin: 'administrator', member: 'member', guest: 'guest' },
  code: 'Or give this code to your application:',
  plainLink: 'If the button does not work, open this address:',
  footer: (service) => `Sent by ${service}. Answers to this mail are not read.`,
}
