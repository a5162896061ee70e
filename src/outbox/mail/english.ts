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
    suspended: (_, { service }) => ({
      subject: 'Your access was suspended',
      paragraphs: [
        `Your access at ${service} was suspended by an administrator. You are signed out everywhere.`,
        'If you think that this is a mistake, speak to your administrator.',
      ],
      smallPrint: [],
    }),
  },
  device: { time: 'Time', name: 'Device', address: 'Address', unknownAddress: 'unknown' },
  roles: { owner: 'owner', admin: 'administrator', member: 'member', guest: 'guest' },
  code: 'Or give this code to your application:',
  plainLink: 'If the button does not work, open this address:',
  footer: (service) => `Sent by ${service}. Answers to this mail are not read.`,
}
