// Write in the open conversation.

import { $, announce, h, keyed, size } from "./dom.js";
import { ask, encoded, Refused } from "./server.js";
import { view } from "./view.js";

const KINDS = {
  reply: { send: "Send reply", placeholder: "Write to the customer", verb: "reply" },
  comment: { send: "Add comment", placeholder: "Write to the team; the customer does not see it", verb: "comment" },
  autoreply: { send: "Send auto reply", placeholder: "Write what a rule would answer", verb: "autoreply" },
};
const form = $("composer");
const drafts = new Map();
let conversationId = null;
let chosen = [];

const kind = () => KINDS[form.elements.kind.value];

export function showComposer(conversation, isNew) {
  const channel = view.channel(conversation.channel_id);
  $("send").disabled = !channel || channel.is_deleted;
  if (!isNew) return;
  drafts.set(conversationId, $("text").value);
  conversationId = conversation.id;
  $("text").value = drafts.get(conversationId) ?? "";
  $("composer-error").textContent = "";
  choose([]);
}

function choose(files) {
  chosen = files;
  $("file").value = "";
  keyed($("files"), files.map((file, index) => ({ key: `${index} ${file.name}`, name: file.name, size: file.size })), (element, item) => {
    const remove = () => choose(chosen.filter((each) => each.name !== item.name));
    element.replaceChildren(
      h("span", {}, `${item.name} `, h("small", {}, size(item.size))),
      h("button", { type: "button", class: "quiet", "aria-label": `Remove ${item.name}`, onclick: remove }, "✕"),
    );
  });
}

function showKind() {
  $("send").textContent = kind().send;
  $("text").placeholder = kind().placeholder;
  form.dataset.kind = form.elements.kind.value;
  $("attach").hidden = kind() !== KINDS.reply;
  if (kind() !== KINDS.reply) choose([]);
}

async function send() {
  const text = $("text").value.trim();
  if (!text && !chosen.length) return say("Write something first.");
  const document = { conversation_id: conversationId, text };
  if (kind() !== KINDS.autoreply) document.author_id = view.me;
  if (chosen.length) document.attachments = await encoded(chosen);
  say("");
  $("text").value = "";
  drafts.delete(conversationId);
  choose([]);
  try {
    // Meanwhile the page shows the message as being sent.
    setTimeout(view.refresh, 50);
    const result = await ask(kind().verb, document);
    announce(result.error ? `Not delivered. ${result.error}` : `${kind() === KINDS.comment ? "Comment added" : "Message sent"}`);
  } catch (error) {
    $("text").value = text;
    say(error instanceof Refused ? error.message : "The sandbox is not reachable.");
  }
  await view.refresh();
}

function say(text) {
  $("composer-error").textContent = text;
  if (text) $("text").focus();
}

form.addEventListener("change", (event) => {
  if (event.target.name === "kind") showKind();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit($("send"));
});
$("text").addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length && kind() === KINDS.reply) choose([...chosen, ...files]);
});
$("file").addEventListener("change", (event) => choose([...chosen, ...event.target.files]));
showKind();
