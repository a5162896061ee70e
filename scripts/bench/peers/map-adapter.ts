interface Payload {
  readonly grantId?: string
  readonly uid?: string
  readonly userCode?: string
  consumed?: number
}

/**
 * Storage in memory without limits. The package's own keeps 1,000 entries, and goes through all tokens of a grant
 * whenever it gets another.
 */
export class MapAdapter {
  readonly #stored = new Map<string, Payload>()

  async upsert(id: string, payload: Payload): Promise<void> {
    this.#stored.set(id, payload)
  }
  async find(id: string): Promise<Payload | undefined> {
    return this.#stored.get(id)
  }
  async findByUid(uid: string): Promise<Payload | undefined> {
    return this.#stored.values().find((payload) => payload.uid === uid)
  }
  async findByUserCode(userCode: string): Promise<Payload | undefined> {
    return this.#stored.values().find((payload) => payload.userCode === userCode)
  }
  async consume(id: string): Promise<void> {
    const payload = this.#stored.get(id)
    if (payload) payload.consumed = Math.floor(Date.now() / 1000)
  }
  async destroy(id: string): Promise<void> {
    this.#stored.delete(id)
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, payload] of this.#stored) if (payload.grantId === grantId) this.#stored.delete(id)
  }
}
