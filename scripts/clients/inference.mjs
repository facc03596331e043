// Records what one release of @huggingface/inference sends: runs in a folder that holds that release.
// Reads {samples, methods, answers, signs} from standard input, writes the records as JSON. A server in this program
// gives each call the answers of its task in turn, and notes the request; what goes elsewhere is sent to it, too.
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

console.log = console.info = console.warn = () => {}; // what releases say of themselves is no record
const { samples, methods, answers, signs } = JSON.parse(await text(process.stdin));
const files = {};
for (const name of await readdir(samples)) {
  if (/\.(flac|jpg|png)$/.test(name)) files[name] = await readFile(`${samples}/${name}`);
}

const MODEL = "org/name";
let answer, request;
const server = createServer(async (incoming, outgoing) => {
  const parts = [];
  for await (const part of incoming) parts.push(part);
  if (incoming.url.startsWith("/api/")) {
    return outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(toldByTheHub()));
  }
  const body = Buffer.concat(parts).toString("base64");
  request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body };
  if (answer.events) {
    const events = answer.events.map((event) => (typeof event === "string" ? event : JSON.stringify(event)));
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    return outgoing.end(events.map((event) => `data: ${event}\n\n`).join(""));
  }
  outgoing.writeHead(200, { "content-type": answer.type ?? "application/json" });
  outgoing.end(answer.sample ? files[answer.sample] : JSON.stringify(answer.json));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;

const library = await import("@huggingface/inference"); // once what it says goes nowhere
let task; // of the call that is recorded

// What the Hub says, whatever it is asked.
function toldByTheHub() {
  const provider = { provider: "hf-inference", status: "live", providerId: MODEL, task };
  const tasks = Object.values(methods).map((method) => [method.task, { models: [{ id: MODEL }] }]);
  return { ...Object.fromEntries(tasks), inferenceProviderMapping: { "hf-inference": provider } };
}

const ownFetch = globalThis.fetch;
globalThis.fetch = (address, options) => {
  const { pathname, search, origin, protocol } = new URL(address);
  return ownFetch(protocol === "http:" && origin === url ? address : url + pathname + search, options);
};

const Client = library.InferenceClient ?? library.HfInference;
const WAYS = {
  endpoint: (client) => [client.endpoint?.(url), {}],
  "endpoint, model": (client) => [client.endpoint?.(url), { model: MODEL }],
  "endpoint of a model": (client) => [client.endpoint?.(`${url}/models/${MODEL}`), {}],
  hosted: (client) => [client, { model: MODEL }],
  endpointUrl: (client) => [client.endpoint && client, { endpointUrl: url }],
  "model: URL": (client) => [client.endpoint && client, { model: url }],
};
const OPTIONS = { use_cache: false, wait_for_model: true, use_gpu: false, retry_on_error: false };
const NO_LOAD = { use_cache: true, wait_for_model: false, dont_load_model: true };
const records = [];
for (const [name, method] of Object.entries(methods)) {
  const known = Object.keys(WAYS).filter((way) => WAYS[way](new Client())[0]?.[name]);
  for (const [number, way] of known.entries()) {
    for (const [args, options] of number === 0 ? calls(method) : [[method.args, {}]]) {
      await record(name, method, way, args, options);
    }
  }
}
process.stdout.write(JSON.stringify(records), () => process.exit());

// The arguments and options of each call: without optional ones, with each alone, with all, the variants, the options.
function* calls({ args, optional = {}, alone = [], variants = [] }) {
  const plus = (more) => ({ ...args, parameters: { ...args.parameters, ...more } });
  yield [args, {}];
  for (const [name, value] of Object.entries(optional)) yield [plus({ [name]: value }), {}];
  const together = Object.fromEntries(Object.entries(optional).filter(([name]) => !alone.includes(name)));
  if (Object.keys(together).length > 1) yield [plus(together), {}];
  for (const variant of variants) yield [variant, {}];
  yield [args, OPTIONS];
  yield [args, NO_LOAD];
}

async function record(name, method, way, args, options) {
  const found = { method: name, task: method.task, way, given: { ...args, ...options }, reads: [] };
  for (const [variant, canned] of Object.entries(answers[method.answers ?? method.task])) {
    [answer, request, task] = [canned, undefined, method.task];
    try {
      const [client, more] = WAYS[way](new Client());
      const answered = client[name]({ ...meant(args), ...more }, options);
      const told = JSON.stringify(await (answered[Symbol.asyncIterator] ? gathered(answered) : answered));
      if (canned.sample || signs.some((sign) => told.includes(sign))) found.reads.push(variant);
    } catch (error) {
      found.error = String(error).slice(0, 200);
    }
    if (request) found.request = request;
  }
  records.push(found);
}

function meant(value) {
  if (value?.$bytes) return new Blob([files[value.$bytes]], value.type ? { type: value.type } : {});
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, meant(part)]));
}

async function gathered(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
