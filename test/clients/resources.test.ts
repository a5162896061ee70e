import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { eventsOf } from '../authentication/people.ts'
import { foundTenant, type Tenant } from '../organizations/tenant.ts'
import { testDialects } from '../support/databases.ts'
import { type TestServer, testServer } from '../support/server.ts'
import { registerByToken } from './registered.ts'
import { clientCalls } from './requests.ts'

let count = 0
const aResource = () => `https://resource-${++count}.example.com/`

describe.each(testDialects)('resources of organizations on $name', (dialect) => {
  let t: TestServer
  beforeAll(async () => {
    t = await testServer({ dialect })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const arrange = async () => {
    const [acme, other] = [await foundTenant(t), await foundTenant(t, 'Data Systems')]
    return {
      acme,
      other,
      ofAcme: clientCalls(t, acme),
      ofOther: clientCalls(t, other),
      resource: aResource(),
    }
  }
  const ownerOf = async (resource: string) => {
    const rows = await t.read(({ reader }) =>
      reader.select().from(reader.t.resource).where(eq(reader.t.resource.identifier, resource)),
    )
    return rows[0]?.organizationId
  }
  const refusals = async (tenant: Tenant, action: 'oidc.client.create' | 'oidc.client.update') =>
    (await eventsOf(t, action)).filter(
      ({ organizationId, outcome }) => organizationId === tenant.id && outcome === 'failure',
    )

  // Whoever listed another organization's resource got tokens for it, with any scope.
  test('are of the one that lists them first, and no client of another comes to be with them', async () => {
    const { acme, other, ofAcme, ofOther, resource } = await arrange()
    expect((await ofAcme.create({ audiences: [resource] })).status).toBe(201)
    const refused = await ofOther.create({ audiences: [aResource(), resource] })
    expect([refused.status, refused.body.error.type]).toEqual([409, 'CONFLICT'])
    expect(refused.body.error.details).toEqual({ audiences: [resource] })
    expect(refused.body.message).toContain(resource)
    expect(refused.body.message).toContain('Ask it')
    expect(JSON.stringify(refused.body)).not.toContain(acme.id)
    expect(JSON.stringify(refused.body)).not.toContain('Acme')
    expect((await ofOther.call('GET', '')).body.data.clients).toEqual([])
    expect(await ownerOf(resource)).toBe(acme.id)
    expect(await refusals(other, 'oidc.client.create')).toMatchObject([
      {
        actorId: other.owner.user.id,
        reason: 'resource_of_another_organization',
        details: { audiences: [resource] },
      },
    ])
  })

  test('are listed by any client of theirs', async () => {
    const { acme, ofAcme, resource } = await arrange()
    await ofAcme.make({ audiences: [resource] })
    const { id } = await ofAcme.make()
    const { status, body } = await ofAcme.call('PATCH', `/${id}`, { audiences: [resource] })
    expect([status, body.data.client.audiences]).toEqual([200, [resource]])
    expect(body.data.client.foreign_audiences).toEqual([])
    expect(await ownerOf(resource)).toBe(acme.id)
  })

  test('cannot be had by a change either, of which nothing is left', async () => {
    const { other, ofAcme, ofOther, resource } = await arrange()
    await ofAcme.make({ audiences: [resource] })
    const free = aResource()
    const { id } = await ofOther.make()
    const body = { client_name: 'Renamed', audiences: [free, resource] }
    expect((await ofOther.call('PATCH', `/${id}`, body)).status).toBe(409)
    const { client } = (await ofOther.call('GET', `/${id}`)).body.data
    expect([client.client_name, client.audiences]).toEqual(['Wiki', []])
    expect(await ownerOf(free)).toBeUndefined()
    expect(await refusals(other, 'oidc.client.update')).toMatchObject([{ targetId: id }])
    expect((await ofOther.call('PATCH', `/${id}`, { client_name: 'Renamed' })).status).toBe(200)
    expect(await refusals(other, 'oidc.client.update')).toHaveLength(1)
  })

  test('never are this server itself', async () => {
    const { ofAcme } = await arrange()
    const { issuer } = t.deps.config.oidc
    for (const own of [issuer, `${issuer}/api`]) {
      const { status, body } = await ofAcme.create({ audiences: [own] })
      expect([status, Object.keys(body.error.details.fields)]).toEqual([400, ['audiences']])
    }
    const beyond = await ofAcme.create({ audiences: ['https://a.example/ü'] })
    expect([beyond.status, Object.keys(beyond.body.error.details.fields)]).toEqual([400, ['audiences.0']])
  })

  describe('are free for others', () => {
    test('once the last client that lists them drops them', async () => {
      const { acme, other, ofAcme, ofOther, resource } = await arrange()
      const [one, two] = [
        await ofAcme.make({ audiences: [resource] }),
        await ofAcme.make({ audiences: [resource] }),
      ]
      const kept = aResource()
      await ofAcme.call('PATCH', `/${one.id}`, { audiences: [kept] })
      expect(await ownerOf(resource)).toBe(acme.id)
      expect((await ofOther.create({ audiences: [resource] })).status).toBe(409)
      await ofAcme.call('PATCH', `/${two.id}`, { audiences: [] })
      expect(await ownerOf(resource)).toBeUndefined()
      expect(await ownerOf(kept)).toBe(acme.id)
      expect((await ofOther.create({ audiences: [resource] })).status).toBe(201)
      expect(await ownerOf(resource)).toBe(other.id)
      expect((await ofAcme.call('PATCH', `/${two.id}`, { audiences: [resource] })).status).toBe(409)
    })

    test('once it takes them back to the default', async () => {
      const { ofAcme, resource } = await arrange()
      const { id } = await ofAcme.make({ audiences: [resource] })
      const { status, body } = await ofAcme.call('PATCH', `/${id}`, { audiences: null })
      expect([status, body.data.client.audiences]).toEqual([200, []])
      expect(await ownerOf(resource)).toBeUndefined()
    })

    test('once it is deleted', async () => {
      const { acme, ofAcme, resource } = await arrange()
      const [one, two] = [
        await ofAcme.make({ audiences: [resource] }),
        await ofAcme.make({ audiences: [resource] }),
      ]
      expect((await ofAcme.call('DELETE', `/${one.id}`)).status).toBe(200)
      expect(await ownerOf(resource)).toBe(acme.id)
      expect((await ofAcme.call('DELETE', `/${two.id}`)).status).toBe(200)
      expect(await ownerOf(resource)).toBeUndefined()
    })

    test('once it deletes itself', async () => {
      const { acme, ofAcme, resource } = await arrange()
      const registered = await registerByToken(t, acme)
      await ofAcme.call('PATCH', `/${registered.client_id}`, { audiences: [resource] })
      expect(await ownerOf(resource)).toBe(acme.id)
      const gone = await t.app.handle(
        new Request(`http://localhost/oidc/register/${registered.client_id}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${registered.registration_access_token}` },
        }),
      )
      expect(gone.status).toBe(204)
      expect(await ownerOf(resource)).toBeUndefined()
    })

    test('once the organization is gone', async () => {
      const { acme, ofAcme, resource } = await arrange()
      await ofAcme.make({ audiences: [resource] })
      await t.write(({ tx }) => tx.delete(tx.t.organization).where(eq(tx.t.organization.id, acme.id)))
      expect(await ownerOf(resource)).toBeUndefined()
    })
  })

  test('are of one of several organizations that list them at once', async () => {
    const tenants = await Promise.all(Array.from({ length: 6 }, () => foundTenant(t)))
    const [one, two] = [aResource(), aResource()]
    const answers = await Promise.all(
      tenants.map((tenant, index) =>
        clientCalls(t, tenant).create({ audiences: index % 2 === 0 ? [one, two] : [two, one] }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
    const winner = tenants[answers.findIndex(({ status }) => status === 201)]
    expect([await ownerOf(one), await ownerOf(two)]).toEqual([winner?.id, winner?.id])
  })

  test('stay held where one client drops them while another begins to list them', async () => {
    const { acme, ofAcme } = await arrange()
    for (let round = 0; round < 5; round++) {
      const resource = aResource()
      const { id } = await ofAcme.make({ audiences: [resource] })
      const [dropped, listed] = await Promise.all([
        round % 2 === 0 ? ofAcme.call('DELETE', `/${id}`) : ofAcme.call('PATCH', `/${id}`, { audiences: [] }),
        ofAcme.create({ audiences: [resource] }),
      ])
      expect([dropped.status, listed.status]).toEqual([200, 201])
      expect(await ownerOf(resource)).toBe(acme.id)
    }
  })

  describe('of another, listed since before they had an owner,', () => {
    /** What the migration leaves of a client whose resource is another's. */
    const outdate = (id: string, audiences: string[]) =>
      t.write(({ tx }) =>
        tx.update(tx.t.client).set({ audiences, foreignAudiences: audiences }).where(eq(tx.t.client.id, id)),
      )

    test('do not keep an administrator from changing the rest, and are shown', async () => {
      const { ofAcme, ofOther, resource } = await arrange()
      await ofAcme.make({ audiences: [resource] })
      const { id } = await ofOther.make()
      await outdate(id, [resource])
      const renamed = await ofOther.call('PATCH', `/${id}`, { client_name: 'Renamed' })
      expect(renamed.body.data.client).toMatchObject({ audiences: [resource], foreign_audiences: [resource] })
      expect((await ofOther.call('PATCH', `/${id}`, { audiences: [resource] })).status).toBe(409)
      const dropped = await ofOther.call('PATCH', `/${id}`, { audiences: [] })
      expect(dropped.body.data.client).toMatchObject({ audiences: [], foreign_audiences: [] })
    })

    test('are this one’s once it lists them anew, for all of its clients', async () => {
      const { acme, other, ofAcme, ofOther, resource } = await arrange()
      const owning = await ofAcme.make({ audiences: [resource] })
      const [one, two] = [await ofOther.make(), await ofOther.make()]
      await outdate(one.id, [resource])
      await outdate(two.id, [resource, 'https://still-of-others.example/'])
      await ofAcme.call('DELETE', `/${owning.id}`)
      expect(await ownerOf(resource)).toBeUndefined()
      const { status, body } = await ofOther.call('PATCH', `/${one.id}`, { audiences: [resource] })
      expect([status, body.data.client.foreign_audiences]).toEqual([200, []])
      const { client } = (await ofOther.call('GET', `/${two.id}`)).body.data
      expect(client.foreign_audiences).toEqual(['https://still-of-others.example/'])
      expect(await ownerOf(resource)).toBe(other.id)
      expect(acme.id).not.toBe(other.id)
    })
  })
})
