// A whole integration: it waits for Front on a port, connects a channel, imports two messages and tells what it saw.
// Prints its webhook URL, reads Front's address from standard input, and prints one JSON report.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { Front, isFromFront } from "./front.mjs";

const { APP_UID: appUid, APP_SECRET: appSecret } = process.env;
const PATIENCE_MILLISECONDS = 60_000;
const IMAGE = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256));

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Each webhook arrives under a name; whoever waits for it may come earlier or later.
const arrivals = new Map();

function arrival(name) {
  if (!arrivals.has(name)) {
    const one = {};
    one.payload = new Promise((resolve) => (one.resolve = resolve));
    arrivals.set(name, one);
  }
  return arrivals.get(name);
}

const webhooks = [];

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { headers } = request;
  const isGenuine = isFromFront({ headers, body, appSecret });
  const { type, payload } = JSON.parse(body);
  webhooks.push({
    type,
    isGenuine,
    isGenuineWithAnotherSecret: isFromFront({ headers, body, appSecret: `${appSecret}x` }),
    isGenuineWhenChanged: isFromFront({ headers, body: Buffer.concat([body, Buffer.from(" ")]), appSecret }),
  });
  const answer = { type: "success" };
  if (type === "authorization") answer.webhook_url = `${webhookUrl}channel`;
  response.writeHead(isGenuine ? 200 : 401, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  arrival(type === "message_imported" ? payload.message_uid : type).resolve(payload);
}

async function importMessage(front, externalId, body, files) {
  const uid = await front.sendInbound(
    {
      sender: { handle: "+351910000001", name: "A customer" },
      body,
      delivered_at: Math.floor(Date.now() / 1000),
      metadata: { external_id: externalId, external_conversation_id: "sms:+351910000001" },
    },
    files,
  );
  const { id } = await arrival(uid).payload;
  const { metadata, text, attachments } = await front.message(id);
  return {
    externalId: metadata.external_id,
    text,
    files: await Promise.all(
      attachments.map(async ({ filename, content_type: contentType, size, url }) => ({
        filename,
        contentType,
        size,
        sha256: sha256(await front.file(id, url.split("/").at(-1))),
      })),
    ),
  };
}

const server = createServer(receive);
server.listen(0, "127.0.0.1");
await once(server, "listening");
const webhookUrl = `http://127.0.0.1:${server.address().port}/`;
console.log(webhookUrl);

const [url] = await once(createInterface({ input: process.stdin }), "line");
setTimeout(() => {
  console.error(`Front did not send all of: ${[...arrivals.keys()].join(", ")}`);
  process.exit(1);
}, PATIENCE_MILLISECONDS).unref();

await fetch(`${url}/_sandbox/connect`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ token: "what-the-admin-pasted" }),
});
const { channel_id: channelId } = await arrival("authorization").payload;
const front = new Front({ url, appUid, appSecret, channelId });
const label = { filename: "étiquette 1.png", contentType: "image/png", bytes: IMAGE };
const imported = [
  await importMessage(front, "sms-1", "Olá ☕ &amp; merci", []),
  await importMessage(front, "sms-2", "The label", [label]),
];
console.log(JSON.stringify({ webhooks, imported, label: { size: IMAGE.length, sha256: sha256(IMAGE) } }));
process.exit(0);
