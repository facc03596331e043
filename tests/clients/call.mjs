// Reads {url, calls: [[method, arguments]]} from standard input, writes the answers as JSON.
import { InferenceClient } from "@huggingface/inference";
import { text } from "node:stream/consumers";

const { url, calls } = JSON.parse(await text(process.stdin));
const client = new InferenceClient().endpoint(url);
const answers = [];
for (const [method, args] of calls) {
  answers.push(await client[method](args));
}
process.stdout.write(JSON.stringify(answers));
