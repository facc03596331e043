// Reads openapi.json and lets a person try each operation. Nothing comes from another host.
const document_ = await (await fetch("openapi.json")).json();
const resolve = (schema) =>
  schema?.$ref ? schema.$ref.slice(2).split("/").reduce((at, key) => at[key], document_) : schema;

document.title = document_.info.title;
document.getElementById("title").textContent = document_.info.title;
const main = document.getElementById("operations");
for (const [path, item] of Object.entries(document_.paths)) {
  if (item.post) main.append(operation(path, item.post));
}
if (main.firstElementChild) main.firstElementChild.open = true;

function operation(path, post) {
  const part = document.getElementById("operation").content.cloneNode(true).firstElementChild;
  const at = (selector) => part.querySelector(selector);
  const content = post.requestBody.content;
  const media = Object.keys(content).find((type) => !["application/json", "text/plain"].includes(type));
  at(".path").textContent = `POST ${path}`;
  at(".name").textContent = post.summary;
  const examples = Object.values(content["application/json"]?.examples ?? {}).map((example) => example.value);
  fill(at(".examples select"), examples.map((_, n) => String(n + 1)));
  at(".examples").hidden = examples.length < 2;
  at(".file").hidden = !media;
  at(".file input").accept = media ?? "";
  const answers = Object.keys(post.responses["200"].content).filter((type) => type !== "text/event-stream");
  fill(at(".accept select"), answers);
  at(".accept").hidden = answers.length < 2;
  const body = at("textarea");
  const show = () => {
    body.value = JSON.stringify(examples[at(".examples select").value - 1] ?? {}, null, 2);
    at(".curl").textContent = curl(path, body.value);
  };
  at(".examples select").addEventListener("change", show);
  body.addEventListener("input", () => (at(".curl").textContent = curl(path, body.value)));
  show();
  parameters(at(".parameters tbody"), content["application/json"]?.schema);
  at("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = at(".file input").files[0];
    const request = { method: "POST", body: file ?? body.value, headers: { accept: at(".accept select").value } };
    if (!file) request.headers["content-type"] = "application/json";
    await send(part, path, request);
  });
  return part;
}

function fill(select, values) {
  select.replaceChildren(...values.map((value) => new Option(value, value)));
}

function parameters(table, schema) {
  const envelope = [resolve(schema), ...(resolve(schema)?.anyOf ?? []).map(resolve)].find((s) => s?.properties);
  const known = envelope?.properties?.parameters?.anyOf?.map(resolve).find((s) => s?.properties) ?? envelope;
  for (const [name, about] of Object.entries(known?.properties ?? {})) {
    const row = table.insertRow();
    row.append(cell("code", name), cell("span", kind(about)), cell("span", about.description ?? ""));
  }
  if (!table.rows.length) table.insertRow().append(cell("span", "It takes none."));
}

function kind(about) {
  const schema = resolve(about);
  if (schema.enum) return schema.enum.join(", ");
  return schema.type?.toString() ?? (schema.anyOf ?? []).map(kind).filter((type) => type !== "null").join(" or ");
}

function cell(tag, text) {
  const data = document.createElement("td");
  data.appendChild(document.createElement(tag)).textContent = text;
  return data;
}

function curl(path, body) {
  const quoted = body.replace(/\s*\n\s*/g, " ").replaceAll("'", "'\\''");
  const shown = quoted.length > 2000 ? `${quoted.slice(0, 200)}…` : quoted;
  return `curl ${new URL(`.${path}`, document.baseURI)} \\\n  -H 'content-type: application/json' \\\n  -d '${shown}'`;
}

async function send(part, path, request) {
  const button = part.querySelector("button");
  button.disabled = true;
  const started = performance.now();
  try {
    const answer = await fetch(path.slice(1) || "./", request);
    await render(part, answer, performance.now() - started);
  } catch (error) {
    status(part, `The server did not answer: ${error.message}`, true);
    part.querySelector(".output").replaceChildren();
  } finally {
    button.disabled = false;
  }
}

async function render(part, answer, milliseconds) {
  const type = answer.headers.get("content-type") ?? "";
  status(part, `${answer.status} in ${milliseconds.toFixed(0)} ms`, !answer.ok);
  const [kind] = type.split("/");
  const element = document.createElement({ image: "img", audio: "audio", video: "video" }[kind] ?? "pre");
  if (element.tagName === "PRE") {
    const text = await answer.text();
    element.textContent = type.startsWith("application/json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } else {
    element.src = URL.createObjectURL(await answer.blob());
    element.controls = true;
  }
  part.querySelector(".output").replaceChildren(element);
}

function status(part, text, bad) {
  part.querySelector(".answer").hidden = false;
  const line = part.querySelector(".status");
  line.textContent = text;
  line.classList.toggle("bad", bad);
}
