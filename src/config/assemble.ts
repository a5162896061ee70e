import type { Config, SmtpConfig } from './config.ts'
import { isLoopbackHost } from './urls.ts'
import type { Values } from './variables/table.ts'

/** From flat variables to the shape that the program reads. */
export function assembleConfig(values: Values): Config {
  return {
    environment: values.NODE_ENV,
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.DATA_DIR,
    database:
      values.DATABASE_URL.kind === 'sqlite'
        ? values.DATABASE_URL
        : { ...values.DATABASE_URL, poolSize: values.DATABASE_POOL_SIZE },
    autoMigrate: values.AUTO_MIGRATE,
    redisUrls: values.REDIS_URL ?? [],
    secretKeys: values.SECRET_KEY ?? [],
    encryptionKeys: values.ENCRYPTION_KEY ?? [],
    corsOrigins: values.CORS_ORIGINS ?? [],
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    password: {
      hash: values.PASSWORD_HASH,
      bcryptLogRounds: values.BCRYPT_LOG_ROUNDS,
      hashQueueLimit: values.PASSWORD_HASH_QUEUE,
      pwnedCheck: values.HIBP_ENABLED,
    },
    session: {
      maxSeconds: values.MAX_SESSION_DURATION,
      rememberSeconds: values.REMEMBER_SESSION_DURATION,
      idleSeconds: values.SESSION_IDLE_TIMEOUT,
      rememberIdleSeconds: values.REMEMBER_SESSION_IDLE_TIMEOUT,
      cookieDomain: values.SESSION_COOKIE_DOMAIN,
      newDeviceMail: values.NEW_DEVICE_MAIL,
    },
    webauthn: {
      rpId: values.WEBAUTHN_RP_ID ?? new URL(values.PUBLIC_URL).hostname,
      rpName: values.WEBAUTHN_RP_NAME,
      origins: [...new Set([values.PUBLIC_URL, ...(values.WEBAUTHN_ORIGINS ?? [])])],
      attestationRoots: values.WEBAUTHN_ATTESTATION_ROOTS_FILE ?? [],
    },
    smtp: smtp(values),
    mailFrom: values.SMTP_FROM,
    rateLimits: {
      enabled: values.RATELIMIT_ENABLED,
      limits: {
        register: values.RATELIMIT_REGISTER,
        login: values.RATELIMIT_LOGIN,
        totpVerify: values.RATELIMIT_TOTP_VERIFY,
        passkey: values.RATELIMIT_PASSKEY,
        forgotPassword: values.RATELIMIT_FORGOT_PASSWORD,
        resetPassword: values.RATELIMIT_RESET_PASSWORD,
        verification: values.RATELIMIT_VERIFICATION,
        invite: values.RATELIMIT_INVITE,
        oidcToken: values.RATELIMIT_OIDC_TOKEN,
        interaction: values.RATELIMIT_INTERACTION,
        userCode: values.RATELIMIT_USER_CODE,
        api: values.RATELIMIT_API,
      },
    },
    registration: {
      mode: values.REGISTRATION,
      emailDomains: values.REGISTRATION_EMAIL_DOMAINS ?? [],
      hideExistence: values.AUTH_HIDE_EXISTENCE,
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    metricsToken: values.METRICS_TOKEN,
    tls:
      values.TLS_CERT_FILE && values.TLS_KEY_FILE
        ? { certFile: values.TLS_CERT_FILE, keyFile: values.TLS_KEY_FILE }
        : undefined,
    oidc: {
      issuer: values.OIDC_ISSUER_URL,
      accessTokenSeconds: values.OIDC_ACCESS_TOKEN_LIFETIME,
      idTokenSeconds: values.OIDC_ID_TOKEN_LIFETIME,
      refreshTokenSeconds: values.OIDC_REFRESH_TOKEN_LIFETIME,
      authorizationCodeSeconds: values.OIDC_AUTHORIZATION_CODE_LIFETIME,
      keyRotationDays: values.OIDC_KEY_ROTATION_DAYS,
      dynamicRegistration: values.OIDC_DYNAMIC_REGISTRATION,
      clientMetadataDocuments: values.OIDC_CLIENT_METADATA_DOCUMENTS,
      dynamicProfile: values.OIDC_DYNAMIC_PROFILE,
    },
    outboundAllow: values.OUTBOUND_ALLOW ?? [],
  }
}

/** Encryption is required wherever it is used: a server that stops offering it may be an attacker in between. */
function smtp(values: Values): SmtpConfig | undefined {
  const url = values.SMTP_URL
  const host = url?.host ?? values.SMTP_HOST
  if (host === undefined) return undefined
  const port = url?.port ?? values.SMTP_PORT
  const usual = url?.secure || port === 465 ? 'tls' : isLoopbackHost(host) ? 'none' : 'starttls'
  const tls = values.SMTP_TLS ?? usual
  const user = url?.user ?? values.SMTP_USER
  const password = url?.password ?? values.SMTP_PASSWORD
  return {
    host,
    port: port ?? (tls === 'tls' ? 465 : 587),
    secure: tls === 'tls',
    requireTls: tls === 'starttls',
    from: values.SMTP_FROM,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  }
}
