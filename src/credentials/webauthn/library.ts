/**
 * What parses and verifies, loaded at first use: it takes a tenth of a second, which the start of every process would
 * wait for. Not to be called inside a transaction.
 */
export function verifier(): ReturnType<typeof load> {
  loaded ??= load()
  return loaded
}

let loaded: ReturnType<typeof load> | undefined

async function load() {
  await import('reflect-metadata') // first: bundled, the library's own import of it comes too late
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ])
  // Chains are judged in attestation.ts, by the configured roots and the time of the request alone: the library would
  // read the clock by itself, and fetch revocation lists in the middle of a registration.
  server.SettingsService.setRootCertificates({ identifier: 'apple', certificates: [] })
  return {
    verifyRegistration: server.verifyRegistrationResponse,
    verifyAuthentication: server.verifyAuthenticationResponse,
    decodeAttestationObject: helpers.decodeAttestationObject,
    encodeCbor: (map: Map<string, string | Uint8Array | Map<string, string>>): Uint8Array =>
      helpers.isoCBOR.encode(map),
  }
}
