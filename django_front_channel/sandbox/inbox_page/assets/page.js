// Draw the page, and keep it up to date.

import { showChannels } from "./channels.js";
import { showConversations } from "./conversations.js";
import { $, announce, options } from "./dom.js";
import { showFaults } from "./faults.js";
import { readJournal, readState } from "./server.js";
import { showThread } from "./thread.js";
import { showTools } from "./tools.js";
import { showWire } from "./wire.js";
import "./composer.js";
import "./dialogs.js";
import { view } from "./view.js";

const PAUSE = 1000;

function show() {
  options($("me"), view.state.teammates.map((each) => [each.id, view.teammate(each.id)]));
  showConversations();
  showThread();
  showChannels();
  showFaults();
}

async function read() {
  const state = await readState();
  if (state) {
    const before = view.state;
    view.state = state;
    if (before) tellNews(before);
    show();
  }
  if (!$("tools").hidden && !$("wire").hidden) {
    view.entries = await readJournal();
    showWire();
  }
}

function tellNews(before) {
  const known = new Set(before.conversations.flatMap((each) => each.messages).map((each) => each.id));
  for (const conversation of view.state.conversations) {
    for (const message of conversation.messages) {
      if (message.is_inbound && !known.has(message.id)) announce(`New message from ${view.customer(conversation)}`);
    }
  }
}

let reading = Promise.resolve();

// Make one request after the other: an answer that overtakes a newer one would bring old data back.
view.refresh = () => {
  reading = reading.then(read).then(
    () => tell("Live", true),
    () => tell("Not reachable", false),
  );
  return reading;
};

function tell(text, isLive) {
  const place = $("connection");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("live", isLive);
}

view.show = show;
addEventListener("hashchange", () => {
  if (!view.state) return;
  showConversations();
  showThread();
  if (view.selected) $("title").focus({ preventScroll: true });
  else $("conversations").querySelector("a")?.focus({ preventScroll: true });
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) close(menu);
});
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

function close(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

async function keepReading() {
  for (;;) {
    if (!document.hidden) await view.refresh();
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

showTools();
keepReading();
