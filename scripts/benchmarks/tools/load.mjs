// Asks one server as many clients that each wait for their answer (autocannon), or at given moments, answered or not
// (undici). Reads one question as JSON, writes [sent ms, took ms, status] of each request; a
// request without an answer has the status 0. With `streams`, clients read server-sent events of chat completions to
// their end (undici), and each request also has its count of tokens as its usage says, and when each text came, in ms.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import autocannon from 'autocannon'
import { Agent, request } from 'undici'

const load = JSON.parse(readFileSync(0, 'utf8'))
const bodies = JSON.parse(readFileSync(load.bodies, 'utf8')).map((one) => Buffer.from(one, 'base64'))
const headers = { 'content-type': load.content_type }
const rows = []
const started = performance.now()

function note (sent, status) {
  rows.push([sent - started, performance.now() - sent, status])
}

async function closed () {
  let next = 0
  const setupClient = (client) => { // each begins elsewhere, or all would send the same body at the same time
    const from = Math.floor(bodies.length / load.clients) * next++
    client.setRequests([...bodies.slice(from), ...bodies.slice(0, from)].map((body) => ({ method: 'POST', body, headers })))
  }
  const running = autocannon({
    url: load.url, connections: load.clients, duration: 1e6, sampleInt: 50, timeout: load.timeout, setupClient,
    requests: [{ method: 'POST', body: bodies[0], headers }]
  })
  running.on('response', (client, status, bytes, took) => {
    const now = performance.now()
    rows.push([now - took - started, took, status])
  })
  running.on('reqError', () => note(performance.now(), 0))
  setTimeout(() => running.stop(), load.seconds * 1000)
  await running
}

async function open () {
  const agent = new Agent({ pipelining: 1 })
  const gone = AbortSignal.timeout((load.seconds + load.timeout) * 1000)
  const ask = async (number) => {
    const sent = performance.now()
    try {
      const body = bodies[number % bodies.length]
      const answer = await request(load.url, { method: 'POST', body, headers, dispatcher: agent, signal: gone })
      await answer.body.dump()
      note(sent, answer.statusCode)
    } catch {
      note(sent, 0)
    }
  }
  const waiting = []
  for (const [number, at] of load.moments.entries()) {
    const wait = at * 1000 - (performance.now() - started)
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    waiting.push(ask(number))
  }
  await Promise.all(waiting)
  await agent.destroy()
}

async function streams () {
  const agent = new Agent({ pipelining: 1, connections: load.clients })
  const gone = AbortSignal.timeout((load.seconds + load.timeout) * 1000)
  const client = async (number) => {
    for (let next = Math.floor(bodies.length / load.clients) * number; ; next++) {
      const sent = performance.now() - started
      if (sent > load.seconds * 1000) return
      const row = [sent, 0, 0, 0, []]
      rows.push(row)
      try {
        const options = { method: 'POST', body: bodies[next % bodies.length], headers, dispatcher: agent, signal: gone }
        const answer = await request(load.url, options)
        await readEvents(answer.body, row)
        row[2] = answer.statusCode
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100)) // or a server that refuses would get requests in a loop
      }
      row[1] = performance.now() - started - sent
    }
  }
  await Promise.all(Array.from({ length: load.clients }, (_, number) => client(number)))
  await agent.destroy()
}

async function readEvents (body, row) {
  let unread = ''
  body.setEncoding('utf8')
  for await (const text of body) {
    const now = performance.now() - started
    const lines = (unread + text).split('\n')
    unread = lines.pop()
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue
      const event = JSON.parse(line.slice(6))
      if (event.choices?.[0]?.delta?.content) row[4].push(now)
      row[3] = event.usage?.completion_tokens ?? row[3]
    }
  }
}

await (load.streams ? streams() : load.moments === null ? closed() : open())
process.stdout.write(JSON.stringify(rows), () => process.exit(0)) // what still waits is left
