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
