import { certificates } from '../certificates.ts'
import { domain, listOf, text } from '../formats.ts'
import { origin } from '../urls.ts'
import type { Variable } from './variable.ts'

export const webauthn = {
  WEBAUTHN_RP_ID: {
    format: domain,
    unset: 'the host of PUBLIC_URL',
    example: 'example.com',
    description:
      'Domain that passkeys belong to: the host of `PUBLIC_URL` or a domain above it. Changing it makes every passkey useless.',
  },
  WEBAUTHN_RP_NAME: {
    format: text,
    default: 'Authy2',
    example: 'Example',
    description: 'What browsers call this server when they make a passkey.',
  },
  WEBAUTHN_ORIGINS: {
    format: listOf(origin, 'http or https origins separated by commas'),
    unset: 'PUBLIC_URL alone',
    example: 'https://app.example.com',
    description:
      'Other origins whose pages may ask for passkeys. Those outside of `WEBAUTHN_RP_ID` are told to browsers at `/.well-known/webauthn`.',
  },
  WEBAUTHN_ATTESTATION_ROOTS_FILE: {
    format: certificates,
    unset: 'no authenticator counts as attested',
    example: '/etc/authy2/attestation-roots.pem',
    description:
      'Certificates (PEM) of the makers whose authenticators may prove their model, for organizations that allow certain models only.',
  },
} satisfies Record<string, Variable>
