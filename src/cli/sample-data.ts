import type { NewClient } from '../clients/index.ts'
import type { Role } from '../kernel/index.ts'

export interface SampleUser {
  readonly email: string
  readonly fullName: string
  readonly password: string
  readonly isInstanceAdmin?: true
}

export interface SampleOrganization {
  readonly name: string
  readonly slug: string
  readonly description: string
  /** E-mail addresses of sample users, here and below. */
  readonly owner: string
  readonly members: Readonly<Record<string, Exclude<Role, 'owner'>>>
  readonly departments: readonly { name: string; description: string; members: readonly string[] }[]
  readonly principals: readonly {
    name: string
    description: string
    members: readonly string[]
    departments: readonly string[]
  }[]
}

const user = (email: string, fullName: string): SampleUser => ({ email, fullName, password: 'UserPass123!' })

/** The administrator first: the first user of an empty instance becomes its administrator. */
export const SAMPLE_USERS: readonly SampleUser[] = [
  {
    email: 'superadmin@acme-corp.com',
    fullName: 'Sam Super',
    password: 'SuperAdmin123!',
    isInstanceAdmin: true,
  },
  { email: 'admin@acme-corp.com', fullName: 'Alice Admin', password: 'AdminPass123!' },
  user('bob@acme-corp.com', 'Bob Builder'),
  user('carol@acme-corp.com', 'Carol Chen'),
  user('david@acme-corp.com', 'David Diaz'),
  user('eve@acme-corp.com', 'Eve Evans'),
  user('frank@tech-startup.com', 'Frank Fischer'),
  user('grace@tech-startup.com', 'Grace Gupta'),
  user('henry@tech-startup.com', 'Henry Hall'),
  user('iris@data-systems.com', 'Iris Ito'),
  user('jack@data-systems.com', 'Jack Jensen'),
  user('charlie@cross-org.com', 'Charlie Cross'),
]

export const SAMPLE_ORGANIZATIONS: readonly SampleOrganization[] = [
  {
    name: 'Acme Corporation',
    slug: 'acme-corp',
    description: 'Makes everything, for coyotes too',
    owner: 'admin@acme-corp.com',
    members: {
      'bob@acme-corp.com': 'member',
      'carol@acme-corp.com': 'admin',
      'david@acme-corp.com': 'member',
      'eve@acme-corp.com': 'member',
      'charlie@cross-org.com': 'guest',
    },
    departments: [
      {
        name: 'Engineering',
        description: 'Builds and ships',
        members: ['bob@acme-corp.com', 'david@acme-corp.com'],
      },
      {
        name: 'Operations',
        description: 'Keeps it running',
        members: ['carol@acme-corp.com', 'eve@acme-corp.com'],
      },
    ],
    principals: [
      {
        name: 'admin',
        description: 'Root on every server',
        members: ['carol@acme-corp.com'],
        departments: [],
      },
      { name: 'deploy', description: 'Ships releases', members: [], departments: ['Engineering'] },
      { name: 'monitor', description: 'Reads logs and metrics', members: [], departments: ['Operations'] },
    ],
  },
  {
    name: 'Tech Startup Inc',
    slug: 'tech-startup',
    description: 'Moves fast',
    owner: 'superadmin@acme-corp.com',
    members: {
      'frank@tech-startup.com': 'admin',
      'grace@tech-startup.com': 'member',
      'henry@tech-startup.com': 'member',
      'charlie@cross-org.com': 'member',
    },
    departments: [],
    principals: [],
  },
  {
    name: 'Data Systems Inc',
    slug: 'data-systems',
    description: 'Counts things',
    owner: 'admin@acme-corp.com',
    members: { 'iris@data-systems.com': 'member', 'jack@data-systems.com': 'member' },
    departments: [],
    principals: [],
  },
]

export interface SampleClient {
  readonly id: string
  /** Published, like the passwords; absent where the client uses none. */
  readonly secret?: string
  /** Slug of a sample organization. */
  readonly organization: string
  readonly body: NewClient
}

const SCOPE = 'openid profile email roles groups organizations offline_access'

export const SAMPLE_CLIENTS: readonly SampleClient[] = [
  {
    id: 'acme-portal-001',
    secret: 'acme_secret_portal_2024',
    organization: 'acme-corp',
    body: {
      client_name: 'Acme Portal',
      redirect_uris: ['http://localhost:3000/auth/callback', 'https://portal.acme-corp.com/auth/callback'],
      post_logout_redirect_uris: ['http://localhost:3000/', 'https://portal.acme-corp.com/'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: SCOPE,
    },
  },
  {
    id: 'acme-mobile-001',
    organization: 'acme-corp',
    body: {
      client_name: 'Acme Mobile',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['com.acme.mobile:/callback', 'http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      scope: SCOPE,
    },
  },
  {
    id: 'tech-dashboard-001',
    secret: 'tech_secret_dashboard_2024',
    organization: 'tech-startup',
    body: {
      client_name: 'Tech Dashboard',
      redirect_uris: ['http://localhost:3001/auth/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      consent: 'first_party',
      scope: SCOPE,
    },
  },
  {
    id: 'data-analytics-001',
    secret: 'data_secret_analytics_2024',
    organization: 'data-systems',
    body: {
      client_name: 'Data Analytics',
      grant_types: ['client_credentials'],
      scope: 'analytics:read analytics:write',
      audiences: ['https://analytics.data-systems.com/'],
    },
  },
]
