// The list of conversations.

import { $, avatar, h, keyed, time } from "./dom.js";
import { view } from "./view.js";

const STEP = 100;
let shown = STEP;

const FOLDERS = {
  open: (each) => ["assigned", "unassigned"].includes(each.status),
  mine: (each) => each.status === "assigned" && each.assignee_id === view.me,
  archived: (each) => each.status === "archived",
  trash: (each) => ["deleted", "spam"].includes(each.status),
};
const EMPTY = {
  open: "All done. Nothing waits for an answer.",
  mine: "Nothing is assigned to you.",
  archived: "Nothing is archived.",
  trash: "The trash is empty.",
};

const folder = () => $("finding").elements.folder.value;

export function showConversations() {
  const query = $("search").value.trim().toLowerCase();
  const matching = view.state.conversations
    .filter((each) => !each.merged_into && each.messages.length)
    .filter((each) => (query ? textOf(each).includes(query) : FOLDERS[folder()](each)))
    .sort((a, b) => view.last(b).created_at - view.last(a).created_at);
  keyed($("conversations"), matching.slice(0, shown).map(summary), draw);
  $("no-conversations").hidden = matching.length > 0;
  $("no-conversations").textContent = query ? "No conversation has these words." : emptiness();
  $("more-conversations").hidden = matching.length <= shown;
  const unread = view.state.conversations.filter((each) => each.is_unread && !each.merged_into).length;
  document.title = `${unread ? `(${unread}) ` : ""}Inbox – Front sandbox`;
}

function emptiness() {
  if (folder() !== "open" || view.state.conversations.length) return EMPTY[folder()];
  return view.state.channels.length ? "No customer has written yet." : "No channel is connected yet.";
}

function textOf(conversation) {
  const words = [conversation.recipient, conversation.recipient_name, conversation.subject];
  const tags = conversation.tag_ids.map((id) => view.tag(id));
  return [...words, ...tags, ...conversation.messages.map((each) => each.text)].join(" ").toLowerCase();
}

function summary(conversation) {
  const last = view.last(conversation);
  return {
    key: conversation.id,
    name: view.customer(conversation),
    at: last.created_at,
    isOurs: !last.is_inbound,
    blurb: (last.text || last.attachments.map((each) => each.filename).join(", ")).slice(0, 160),
    isUnread: conversation.is_unread,
    hasFailed: view.hasFailed(conversation),
    isSending: conversation.messages.some((each) => each.status === "sending"),
    status: conversation.status,
    assignee: conversation.assignee_id && view.teammate(conversation.assignee_id),
    channel: view.state.channels.length > 1 ? view.channel(conversation.channel_id)?.name : "",
    tags: conversation.tag_ids.map((id) => view.tag(id)),
    isCurrent: view.selected?.id === conversation.id,
  };
}

function draw(element, item) {
  const link = h(
    "a",
    { href: `#/${item.key}`, "aria-current": item.isCurrent && "true", "data-focus": "open", class: item.isUnread && "unread" },
    avatar(item.name),
    h("span", { class: "name" }, item.isUnread && h("span", { class: "unseen" }, "Unread: "), item.name),
    time(item.at, { short: true }),
    h("span", { class: "blurb" }, item.isOurs && h("span", { class: "ours" }, "You: "), item.blurb),
    h("span", { class: "marks" }, marks(item)),
  );
  element.replaceChildren(link);
}

function marks(item) {
  return [
    item.hasFailed && h("span", { class: "mark bad" }, "Failed"),
    item.isSending && h("span", { class: "mark" }, "Sending"),
    item.status === "spam" && h("span", { class: "mark" }, "Spam"),
    ...item.tags.map((tag) => h("span", { class: "mark tag" }, tag)),
    item.assignee && h("span", { class: "mark plain" }, item.assignee),
    item.channel && h("span", { class: "mark plain" }, item.channel),
  ];
}

function find() {
  shown = STEP;
  if (view.state) showConversations();
}

$("finding").addEventListener("input", find);
$("finding").addEventListener("submit", (event) => event.preventDefault());
$("me").addEventListener("change", find);
$("more-conversations").addEventListener("click", () => {
  shown += STEP;
  showConversations();
});
// The arrow keys move up and down in the list, as in a mail program. Tab works, too.
$("conversations").addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest("li")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
});
