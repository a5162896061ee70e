import { resolve } from 'node:path'
import { cidrs, flag, format, integer, listOf, oneOf, text } from '../formats.ts'
import { corsOrigins, databaseUrl, origin, redisUrls } from '../urls.ts'
import type { Variable } from './variable.ts'

const path = format('a path', (value) => resolve(value))

const secrets = listOf(text, 'one or several secrets separated by commas')

export const server = {
  NODE_ENV: {
    format: oneOf('development', 'test', 'production'),
    default: 'development',
    example: 'production',
    description: 'What this server is for. Production refuses weak secrets and unsafe settings.',
  },
  HOST: {
    format: text,
    default: {
      text: '127.0.0.1; in production 0.0.0.0',
      from: ({ NODE_ENV }) => (NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1'),
    },
    example: '0.0.0.0',
    description: 'Address to listen on.',
  },
  PORT: {
    format: integer(0, 65_535),
    default: '5000',
    description: 'Port to listen on; 0 takes any free one.',
  },
  TLS_CERT_FILE: {
    format: path,
    unset: 'plain HTTP',
    example: '/etc/authy2/tls/fullchain.pem',
    description: 'Certificate chain (PEM), to serve HTTPS without a proxy.',
  },
  TLS_KEY_FILE: {
    format: path,
    example: '/etc/authy2/tls/key.pem',
    description: 'Private key (PEM) that belongs to `TLS_CERT_FILE`.',
  },
  PUBLIC_URL: {
    format: origin,
    default: {
      text: 'http://localhost:<PORT>',
      from: ({ PORT, TLS_CERT_FILE }) => `${TLS_CERT_FILE ? 'https' : 'http'}://localhost:${PORT}`,
    },
    example: 'https://id.example.com',
    description: 'Where people and applications reach this server. Required in production, with https.',
  },
  TRUSTED_PROXIES: {
    format: cidrs,
    unset: 'none',
    example: '10.0.0.0/8',
    description: 'Proxies whose `X-Forwarded-*` headers are believed.',
  },
  CORS_ORIGINS: {
    format: corsOrigins,
    unset: 'none',
    example: 'https://app.example.com',
    description:
      'Other origins whose pages may call this server with credentials. `*`: all, without credentials; refused in production.',
  },
  OUTBOUND_ALLOW: {
    format: cidrs,
    unset: 'public addresses only',
    example: '10.20.0.0/16',
    description: 'Addresses that requests made by this server may reach besides public ones.',
  },
} satisfies Record<string, Variable>

export const storage = {
  DATA_DIR: {
    format: path,
    default: './data',
    description: 'Folder for the database and generated secrets.',
  },
  DATABASE_URL: {
    format: databaseUrl,
    default: { text: 'sqlite:<DATA_DIR>/authy2.db', from: ({ DATA_DIR }) => `sqlite:${DATA_DIR}/authy2.db` },
    secret: 'url',
    example: 'postgres://authy2:password@db.example.com/authy2',
    description: 'The database: an SQLite file, or PostgreSQL.',
  },
  DATABASE_POOL_SIZE: {
    format: integer(1, 1_000),
    default: '10',
    description: 'Connections to PostgreSQL that this process keeps.',
  },
  AUTO_MIGRATE: { format: flag, default: 'true', description: 'Bring the database up to date at start.' },
  REDIS_URL: {
    format: redisUrls,
    secret: 'urls',
    unset: 'kept in this process',
    example: 'redis://:password@redis.example.com:6379/0',
    description: 'Where several processes share rate limits and short-lived state.',
  },
} satisfies Record<string, Variable>

export const secretKeys = {
  SECRET_KEY: {
    format: secrets,
    secret: 'whole',
    unset: 'generated and kept in DATA_DIR; required in production',
    example: 'replace-with-the-output-of-openssl-rand-base64-32',
    description: 'Signs cursors and short-lived values. Of several the first signs and all verify.',
  },
  ENCRYPTION_KEY: {
    format: secrets,
    secret: 'whole',
    unset: 'generated and kept in DATA_DIR; required in production',
    example: 'replace-with-other-output-of-openssl-rand-base64-32',
    description: 'Encrypts secrets in the database. Of several the first encrypts and all decrypt.',
  },
} satisfies Record<string, Variable>

export const telemetry = {
  LOG_LEVEL: {
    format: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    description: 'The least important events that are logged.',
  },
  LOG_FORMAT: {
    format: oneOf('json', 'pretty'),
    default: {
      text: 'json; in development pretty',
      from: ({ NODE_ENV }) => (NODE_ENV === 'development' ? 'pretty' : 'json'),
    },
    example: 'json',
    description: 'One JSON object a line, or lines for people.',
  },
  METRICS_TOKEN: {
    format: text,
    secret: 'whole',
    unset: 'only callers on this machine',
    example: 'replace-with-a-token-for-prometheus',
    description: 'Bearer token that reads `/metrics`.',
  },
} satisfies Record<string, Variable>
