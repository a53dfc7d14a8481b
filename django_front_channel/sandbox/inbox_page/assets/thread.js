// Show one conversation: its head, messages, comments and events.

import { showComposer } from "./composer.js";
import { $, announce, avatar, dayName, h, keyed, options, size, time } from "./dom.js";
import { ask, Refused } from "./server.js";
import { view } from "./view.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const EVENTS = {
  assign: (event) => `assigned this to ${view.teammate(event.target_id)}`,
  unassign: () => "took the assignee away",
  archive: () => "archived this",
  reopen: () => "reopened this",
  trash: () => "moved this to the trash",
  tag: (event) => `added the tag ${view.tag(event.target_id)}`,
  untag: (event) => `removed the tag ${view.tag(event.target_id)}`,
  conversations_merged: () => "merged another conversation into this one",
  move: () => "moved this to another inbox",
  reminder: () => "set a reminder",
  link_added: () => "added a link",
  link_removed: () => "removed a link",
  custom_field_updated: () => "changed a custom field",
};
let open = null;

export function showThread() {
  const conversation = view.selected;
  document.body.dataset.pane = conversation ? "thread" : "list";
  $("no-thread").hidden = Boolean(conversation);
  $("open-thread").hidden = !conversation;
  const isNew = open !== conversation?.id;
  open = conversation?.id;
  if (!conversation) return;
  showHead(conversation);
  showMessages(conversation, isNew);
  showComposer(conversation, isNew);
  if (conversation.is_unread) ask("mark_read", { conversation_id: conversation.id }).then(view.refresh);
}

function showHead(conversation) {
  const channel = view.channel(conversation.channel_id);
  $("title").textContent = conversation.subject || view.customer(conversation);
  const about = conversation.subject ? view.customer(conversation) : null;
  const handle = view.customer(conversation) === conversation.recipient && !about ? null : conversation.recipient;
  $("subtitle").textContent = [about, handle, channel?.name, conversation.id].filter(Boolean).join(" · ");
  options($("assignee"), [["", "Nobody"], ...view.state.teammates.map((each) => [each.id, view.teammate(each.id)])]);
  if (document.activeElement !== $("assignee")) $("assignee").value = conversation.assignee_id ?? "";
  const isOpen = ["assigned", "unassigned"].includes(conversation.status);
  $("archive").textContent = isOpen ? "Archive" : "Reopen";
  $("trash").hidden = conversation.status === "deleted";
  $("split").hidden = conversation.messages.length < 2;
  keyed($("labels"), conversation.tag_ids.map((id) => ({ key: id, name: view.tag(id) })), (element, item) => {
    element.replaceChildren(h("span", { class: "mark tag" }, item.name));
  });
  drawTags(conversation);
}

function drawTags(conversation) {
  const boxes = view.state.tags.map((tag) => [tag, conversation.tag_ids.includes(tag.id)]);
  const drawn = JSON.stringify(boxes.map(([tag]) => tag));
  if ($("tags").drawn !== drawn) {
    $("tags").drawn = drawn;
    const box = (tag) => h("input", { type: "checkbox", value: tag.id });
    $("tags").replaceChildren(...boxes.map(([tag]) => h("label", {}, box(tag), " ", tag.name)));
  }
  boxes.forEach(([, isOn], index) => ($("tags").children[index].firstChild.checked = isOn));
}

function showMessages(conversation, isNew) {
  isAtEnd ||= isNew;
  keyed($("messages"), timeline(conversation), draw);
  showEnd();
}

// Stay at the newest message unless somebody has scrolled away. Pictures grow when they arrive.
let isAtEnd = true;

function showEnd() {
  if (isAtEnd) $("scroll").scrollTop = $("scroll").scrollHeight;
}

function timeline(conversation) {
  const items = [
    ...conversation.messages.map((each) => ({ ...each, key: each.id, kind: "message", at: each.created_at })),
    ...conversation.comments.map((each) => ({ ...each, key: each.id, kind: "comment", at: each.posted_at })),
    ...conversation.events
      .filter((each) => each.type in EVENTS)
      .map((each) => ({ ...each, key: each.id, kind: "event", at: each.emitted_at })),
  ].sort((a, b) => a.at - b.at);
  let day = null;
  for (const item of items) {
    if (dayName(item.at) !== day) item.day = day = dayName(item.at);
    if (item.kind === "message") item.who = author(conversation, item);
  }
  return items;
}

function author(conversation, message) {
  if (message.is_inbound) return message.recipients[0].name || message.recipients[0].handle;
  if (message.author_id) return view.teammate(message.author_id);
  return message.type === "auto_reply" ? "Auto reply" : message.recipients[0].name || "Sent outside Front";
}

function draw(element, item) {
  const day = item.day && h("p", { class: "day" }, h("span", {}, item.day));
  element.replaceChildren(...[day, DRAWN[item.kind](item)].filter(Boolean));
}

const DRAWN = {
  message: (item) =>
    h(
      "article",
      { class: `message ${item.is_inbound ? "in" : "out"} ${item.status}`, "aria-label": `${item.who} wrote` },
      h("header", {}, item.is_inbound && avatar(item.who), h("strong", {}, item.who), time(item.at)),
      h("div", { class: "bubble" }, item.text && h("p", { class: "text" }, item.text), files(item.attachments)),
      !item.is_inbound && outcome(item),
    ),
  comment: (item) =>
    h(
      "article",
      { class: "comment", "aria-label": `Comment of ${view.teammate(item.author_id)}` },
      h("header", {}, h("strong", {}, view.teammate(item.author_id)), h("span", {}, "Comment, only for the team"), time(item.at)),
      h("p", { class: "text" }, item.body),
      files(item.attachments),
    ),
  event: (item) => h("p", { class: "event" }, `${view.teammate(item.author_id)} ${EVENTS[item.type](item)} · `, time(item.at)),
};

function outcome(item) {
  if (item.status === "failed") {
    const reason = item.error || "No reason was given.";
    return h("p", { class: "outcome bad" }, h("strong", {}, "Not delivered. "), reason);
  }
  const [tick, text] = {
    sending: ["…", "Sending"],
    sent: ["✓", "Sent"],
    imported: ["✓", "Imported"],
  }[item.status] ?? ["", item.status];
  const seen = item.seen_at.length > 0;
  return h("p", { class: "outcome" }, h("span", { "aria-hidden": "true" }, seen ? "✓✓" : tick), seen ? " Seen" : ` ${text}`);
}

function files(attachments) {
  if (!attachments.length) return null;
  return h("ul", { class: "attachments" }, attachments.map((each) => h("li", {}, attachment(each))));
}

function attachment(file) {
  const href = `/_inbox/files/${encodeURIComponent(file.id)}`;
  const words = h("span", {}, file.filename, " ", h("small", {}, size(file.size)));
  if (!PICTURES.includes(file.content_type)) return h("a", { href, download: file.filename, class: "attachment" }, words);
  return h("a", { href, target: "_blank", rel: "noopener", class: "picture" }, h("img", { src: href, alt: file.filename, onload: showEnd }), words);
}

// Call a verb for the open conversation, as the teammate who is chosen at the top.
async function act(verb, more, said) {
  try {
    await ask(verb, { conversation_id: view.selected.id, author_id: view.me, ...more });
    announce(said);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    announce(error.message);
  }
  await view.refresh();
}

$("scroll").addEventListener("scroll", ({ target }) => {
  isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
});
$("assignee").addEventListener("change", (event) => {
  const teammate_id = event.target.value || null;
  act("assign", { teammate_id }, teammate_id ? `Assigned to ${view.teammate(teammate_id)}` : "Unassigned");
});
$("tags").addEventListener("change", () => {
  const tag_ids = [...$("tags").querySelectorAll("input:checked")].map((box) => box.value);
  act("tag", { tag_ids }, "Tags changed");
});
$("archive").addEventListener("click", () => {
  const isOpen = $("archive").textContent === "Archive";
  act(isOpen ? "archive" : "reopen", {}, isOpen ? "Archived" : "Reopened");
});
$("trash").addEventListener("click", () => {
  $("more-menu").open = false;
  act("trash", {}, "Moved to the trash");
});
