// What Front's documentation says of an application channel, and no more: a token for each request, messages as JSON
// or as a form, and the signature of what Front sends.

import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

import FormData from "form-data";
import jsonwebtoken from "jsonwebtoken";

const TOKEN_SECONDS = 20;
const TOLERANCE_MILLISECONDS = 5 * 60 * 1000;

export class Front {
  constructor({ url, appUid, appSecret, channelId }) {
    Object.assign(this, { url, appUid, appSecret, channelId });
  }

  // Returns the uid under which Front will import the message.
  async sendInbound(message, files = []) {
    const path = `/channels/${this.channelId}/inbound_messages`;
    const answer = files.length ? await this.#postForm(path, message, files) : await this.#postJson(path, message);
    if (answer.status !== 202) throw new Error(`Front answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()).message_uid;
  }

  async message(id) {
    return (await this.#get(`/messages/${id}`)).json();
  }

  async file(messageId, fileId) {
    const answer = await this.#get(`/messages/${messageId}/download/${fileId}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async #get(path) {
    const answer = await fetch(this.url + path, { headers: this.#authorization() });
    if (!answer.ok) throw new Error(`Front answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  #postJson(path, content) {
    const headers = { ...this.#authorization(), "Content-Type": "application/json" };
    return fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(content) });
  }

  #postForm(path, content, files) {
    const form = new FormData();
    for (const [name, value] of Object.entries(content)) {
      if (typeof value === "object") {
        for (const [key, inner] of Object.entries(value)) form.append(`${name}[${key}]`, String(inner));
      } else {
        form.append(name, String(value));
      }
    }
    files.forEach(({ filename, contentType, bytes }, index) =>
      form.append(`attachments[${index}]`, bytes, { filename, contentType }),
    );
    const headers = { ...this.#authorization(), ...form.getHeaders() };
    return fetch(this.url + path, { method: "POST", headers, body: form.getBuffer() });
  }

  #authorization() {
    const token = jsonwebtoken.sign({ jti: randomUUID() }, this.appSecret, {
      algorithm: "HS256",
      issuer: this.appUid,
      subject: this.channelId,
      expiresIn: TOKEN_SECONDS,
    });
    return { Authorization: `Bearer ${token}` };
  }
}

// Whether Front, who knows the secret, sent these bytes in the last five minutes.
export function isFromFront({ headers, body, appSecret }) {
  const timestamp = headers["x-front-request-timestamp"] ?? "";
  const given = Buffer.from(headers["x-front-signature"] ?? "", "base64");
  const expected = createHmac("sha256", appSecret).update(`${timestamp}:`).update(body).digest();
  const isFresh = Math.abs(Date.now() - Number(timestamp)) <= TOLERANCE_MILLISECONDS;
  return isFresh && given.length === expected.length && timingSafeEqual(given, expected);
}
