// Show every request and webhook, newest first.

import { $, announce, h, keyed, time } from "./dom.js";
import { ask, Refused } from "./server.js";
import { view } from "./view.js";

export function showWire() {
  const kind = $("wire-filter").elements.wire.value;
  const entries = view.entries.filter((each) => kind === "all" || each.kind === kind);
  keyed($("entries"), entries.map((each) => ({ ...each, key: String(each.number) })), draw);
  $("no-entries").hidden = entries.length > 0;
}

function draw(element, entry) {
  const details = element.querySelector("details") ?? element.appendChild(h("details", {}, h("summary", { "data-focus": "summary" })));
  const isApi = entry.kind === "api";
  details.firstChild.replaceChildren(
    h("span", { class: `way ${entry.kind}` }, isApi ? "Request" : "Webhook"),
    h("span", { class: "what" }, isApi ? `${entry.method} ${entry.url}` : `${entry.method} ${typeOf(entry)}`),
    h("span", { class: `code ${tone(entry)}` }, entry.status ?? (entry.duration === null ? "…" : "no answer")),
    h("span", { class: "took" }, entry.duration === null ? "" : `${Math.round(entry.duration * 1000)} ms`),
    time(entry.at),
  );
  const fill = () => details.open && fillIn(details, entry);
  details.ontoggle = fill;
  fill();
}

function typeOf(entry) {
  try {
    return JSON.parse(entry.body).type ?? "";
  } catch {
    return "";
  }
}

function tone(entry) {
  if (entry.status === null) return entry.duration === null ? "" : "bad";
  return entry.status < 300 ? "good" : entry.status < 400 ? "" : "bad";
}

// Make the content of an entry when somebody opens it: most entries stay closed.
function fillIn(details, entry) {
  const again = () => resend(entry.number);
  const inside = h(
    "div",
    { class: "inside" },
    h("p", { class: "url" }, `${entry.method} ${entry.url}`),
    part("Headers", Object.entries(entry.headers).map(([name, value]) => `${name}: ${value}`).join("\n")),
    part("Body", pretty(entry.body)),
    part(`Answer${entry.status === null ? "" : ` ${entry.status}`}`, entry.answer === null ? "Not answered yet" : pretty(entry.answer)),
    entry.kind === "webhook" && h("button", { type: "button", "data-focus": "again", onclick: again }, "Send again"),
  );
  details.replaceChildren(details.firstChild, inside);
}

function part(title, text) {
  return h("section", {}, h("h3", {}, title), text ? h("pre", { tabindex: "0" }, text) : h("p", { class: "none" }, "Empty"));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function resend(number) {
  try {
    const result = await ask("resend", { number });
    announce(`Sent again: ${result.status === null ? "no answer" : `answered ${result.status}`}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    announce(error.message);
  }
  await view.refresh();
}

$("wire-filter").addEventListener("change", showWire);
