/** The floor: what Bun itself serves when there is nothing to do. */
Bun.serve({
  port: Number(process.env.PEER_PORT),
  hostname: '127.0.0.1',
  fetch: () => Response.json({ success: true, message: 'OK', data: { id: 1, name: 'constant' } }),
})
