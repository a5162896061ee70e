/** What a running Authy2 is told from outside: parsed, checked and frozen once, at start. */
export type Config = {
  readonly environment: 'development' | 'test' | 'production'
  readonly host: string
  /** 0 asks for any free port; whoever listens then knows the number, and `publicUrl` does not. */
  readonly port: number
  /** An origin: scheme, host and port, without a trailing slash. */
  readonly publicUrl: string
  /** Absolute. */
  readonly dataDir: string
  readonly database:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly url: string; readonly poolSize: number }
  readonly autoMigrate: boolean
  /** None: state is kept in this process. Several: the nodes of one cluster. */
  readonly redisUrls: readonly string[]
  /** The first signs, all verify. */
  readonly secretKeys: readonly string[]
  /** The first encrypts, all decrypt. */
  readonly encryptionKeys: readonly string[]
  /** Origins, or a single `*` (never in production). */
  readonly corsOrigins: readonly string[]
  /** CIDR blocks. */
  readonly trustedProxies: readonly string[]
  readonly password: {
    readonly hash: 'argon2id' | 'bcrypt'
    readonly bcryptLogRounds: number
    readonly hashQueueLimit: number
    readonly pwnedCheck: boolean
  }
  readonly session: {
    readonly maxSeconds: number
    readonly rememberSeconds: number
    readonly idleSeconds: number
    readonly rememberIdleSeconds: number
    readonly cookieDomain: string | undefined
    readonly newDeviceMail: boolean
  }
  readonly webauthn: {
    /** The domain that credentials are scoped to. */
    readonly rpId: string
    readonly rpName: string
    /** Where pages may ask for credentials, `publicUrl` first. */
    readonly origins: readonly string[]
    /** PEM. None: no authenticator counts as attested. */
    readonly attestationRoots: readonly string[]
  }
  /** Undefined: no mail server is configured. */
  readonly smtp: SmtpConfig | undefined
  /** `Name <address>` or a bare address. */
  readonly mailFrom: string
  readonly rateLimits: {
    readonly enabled: boolean
    readonly limits: Readonly<Record<RateLimitName, readonly RateLimitWindow[]>>
  }
  readonly registration: {
    readonly mode: 'open' | 'invite' | 'closed'
    /** Lower case; none means any. */
    readonly emailDomains: readonly string[]
    readonly hideExistence: boolean
  }
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
    readonly format: 'json' | 'pretty'
  }
  readonly metricsToken: string | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly oidc: OidcConfig
  /** CIDR blocks that server-side requests may reach besides public addresses. */
  readonly outboundAllow: readonly string[]
}

export type OidcConfig = {
  /** An origin, as `publicUrl`. */
  readonly issuer: string
  readonly accessTokenSeconds: number
  readonly idTokenSeconds: number
  readonly refreshTokenSeconds: number
  readonly authorizationCodeSeconds: number
  readonly keyRotationDays: number
  readonly dynamicRegistration: 'closed' | 'open'
  /** Whether the URL of a metadata document is a client id. */
  readonly clientMetadataDocuments: boolean
  /** Whether clients may have the implicit flow and request objects by reference. OpenID Connect Core 1.0 §15.2 */
  readonly dynamicProfile: boolean
}

export type SmtpConfig = {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (RFC 8314). */
  readonly secure: boolean
  /** STARTTLS or nothing: a server that does not offer it is not talked to (RFC 3207). */
  readonly requireTls: boolean
  readonly user?: string
  readonly password?: string
  readonly from: string
}

export type RateLimitName =
  | 'register'
  | 'login'
  | 'totpVerify'
  | 'passkey'
  | 'forgotPassword'
  | 'resetPassword'
  | 'verification'
  | 'invite'
  | 'oidcToken'
  | 'interaction'
  | 'userCode'
  | 'api'

export type RateLimitWindow = { readonly points: number; readonly durationSeconds: number }
