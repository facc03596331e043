// Reads {url, calls: [[method, arguments]]} from standard input, writes the answers as JSON.
// {"$bytes": base64} among the arguments stands for a Blob, and for one in an answer; a stream is a list.
import { InferenceClient } from "@huggingface/inference";
import { text } from "node:stream/consumers";

const { url, calls } = JSON.parse(await text(process.stdin));
const client = new InferenceClient().endpoint(url);
const answers = [];
for (const [method, args] of calls) {
  const answer = client[method](meant(args));
  answers.push(await (answer[Symbol.asyncIterator] ? gathered(answer) : answer));
}
process.stdout.write(JSON.stringify(await Promise.all(answers.map(plain))));

function meant(value) {
  if (value?.$bytes) return new Blob([Buffer.from(value.$bytes, "base64")]);
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, meant(part)]));
}

async function plain(answer) {
  if (answer instanceof Blob) {
    return { $bytes: Buffer.from(await answer.arrayBuffer()).toString("base64"), type: answer.type };
  }
  if (Array.isArray(answer)) return Promise.all(answer.map(plain));
  if (typeof answer !== "object" || answer === null) return answer;
  const parts = Object.entries(answer).map(async ([name, part]) => [name, await plain(part)]);
  return Object.fromEntries(await Promise.all(parts));
}

async function gathered(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
