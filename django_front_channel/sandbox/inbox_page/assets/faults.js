// The faults of the sandbox: a form for each, and a list of those in force.

import { $, announce, h, keyed } from "./dom.js";
import { ask, Refused } from "./server.js";
import { view } from "./view.js";

const STATUSES = [
  [503, "Unavailable"],
  [500, "Internal error"],
  [502, "Bad gateway"],
  [400, "Bad request"],
  [401, "Unauthenticated"],
  [403, "Forbidden"],
  [404, "Unknown resource"],
  [409, "Conflict"],
];
const SPELLINGS = {
  seconds: ["in seconds", () => "2"],
  zero: ["zero", () => "0"],
  date: ["as a date", () => new Date(Date.now() + 5000).toUTCString()],
  fraction: ["with a fraction", () => "1.5"],
  negative: ["negative", () => "-1"],
  word: ["not a number", () => "soon"],
  missing: ["missing", () => null],
};
const count = { name: "count", label: "Requests", type: "number", value: 1, min: 1 };
const seconds = { name: "seconds", label: "Seconds", type: "number", step: "any" };

const FORMS = [
  {
    title: "Answer with an error",
    button: "Fail the next requests",
    fields: [{ name: "status", label: "Status", choices: STATUSES.map(([code, text]) => [code, `${code} ${text}`]) }, count],
    ask: (data) => ["fail_next", { status: Number(data.status), count: Number(data.count) }],
  },
  {
    title: "Too many requests",
    button: "Answer 429",
    fields: [{ name: "spelling", label: "Retry-After", choices: Object.entries(SPELLINGS).map(([key, [text]]) => [key, text]) }, count],
    ask: (data) => {
      const text = SPELLINGS[data.spelling][1]();
      return ["fail_next", { status: 429, headers: text === null ? {} : { "Retry-After": text }, count: Number(data.count) }];
    },
  },
  {
    title: "Cut the connection",
    button: "Cut the next connections",
    fields: [{ name: "when", label: "When", choices: [["after", "after it was carried out"], ["before", "before it is carried out"]] }, count],
    ask: (data) => ["cut_next", { carried_out: data.when === "after", count: Number(data.count) }],
  },
  {
    title: "Latency of every request",
    button: "Set the latency",
    fields: [{ ...seconds, value: 2, min: 0 }],
    ask: (data) => ["configure", { latency: Number(data.seconds) }],
  },
  {
    title: "Hold one answer back",
    button: "Hold the next answer",
    fields: [{ ...seconds, value: 10, min: 0 }],
    ask: (data) => ["hold", { seconds: Number(data.seconds) }],
  },
  {
    title: "Webhooks",
    button: "Disturb the next webhooks",
    fields: [
      { name: "how", label: "How", choices: [["duplicate", "sent twice"], ["reordered", "in the wrong order"], ["wrong_signature", "wrong signature"]] },
      { ...count, label: "Webhooks" },
    ],
    ask: (data) => ["disturb_next", { how: data.how, count: Number(data.count) }],
  },
  {
    title: "Webhook before 202",
    button: "Import before answering",
    fields: [],
    ask: () => ["configure", { webhook_before_202: true }],
  },
  {
    title: "Clock skew",
    button: "Set the clock",
    fields: [{ ...seconds, label: "Seconds that Front is ahead", value: 600 }],
    ask: (data) => ["configure", { clock_skew: Number(data.seconds) }],
  },
  {
    title: "Rate limits",
    button: "Set the limits",
    fields: [
      { name: "rate_limit", label: "Company, per minute", type: "number", value: 50, min: 0 },
      { name: "resource_limit", label: "Resource, per second", type: "number", value: 5, min: 0 },
    ],
    ask: (data) => ["configure", { rate_limit: Number(data.rate_limit), resource_limit: Number(data.resource_limit) }],
  },
];

const times = (number) => (number === 1 ? "once" : `${number} times`);
const WEBHOOKS = { duplicate: "is sent twice", reordered: "waits for the one after it", wrong_signature: "has a wrong signature" };

function inForce() {
  const { behaviour, faults } = view.state;
  return [
    ...faults.failures.map((each) => `The next request is ${answered(each)}, ${times(each.count)}`),
    ...faults.holds.map((each) => `The next POST is answered ${each} s later`),
    ...Object.entries(faults.webhooks).map(([how, number]) => `The next webhook ${WEBHOOKS[how]}, ${times(number)}`),
    faults.held_back && `${faults.held_back} webhook held back`,
    behaviour.latency && `Every request takes ${behaviour.latency} s longer`,
    behaviour.clock_skew && `Front's clock is off by ${behaviour.clock_skew} s`,
    behaviour.webhook_before_202 && "Messages are imported before their request is answered",
    behaviour.rate_limit && `${behaviour.rate_limit} requests per minute for the company`,
    behaviour.resource_limit && `${behaviour.resource_limit} requests per second for a resource`,
    !behaviour.imports && "Nothing is imported",
  ].filter(Boolean);
}

function answered({ status, is_carried_out }) {
  if (status !== null) return `answered ${status}`;
  return `cut off ${is_carried_out ? "after" : "before"} it is carried out`;
}

export function showFaults() {
  const sentences = inForce();
  const items = sentences.length ? sentences : ["No faults. Front behaves well."];
  keyed($("active-faults"), items.map((text) => ({ key: text })), (element, item) => element.replaceChildren(item.key));
  $("clear-faults").disabled = !sentences.length;
  $("active-faults").classList.toggle("some", sentences.length > 0);
  $("tab-faults").textContent = sentences.length ? `Faults (${sentences.length})` : "Faults";
}

async function act(verb, document, said) {
  try {
    await ask(verb, document);
    announce(said);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    announce(error.message);
  }
  await view.refresh();
}

function field({ name, label, choices, ...attributes }) {
  const input = choices
    ? h("select", { name }, choices.map(([value, text]) => h("option", { value }, text)))
    : h("input", { name, required: true, ...attributes });
  return h("label", {}, label, " ", input);
}

function drawForm({ title, button, fields, ask: what }, index) {
  const submit = (event) => {
    event.preventDefault();
    act(...what(Object.fromEntries(new FormData(event.target))), `${title}: set`);
  };
  return h(
    "form",
    { class: "fault fields", "aria-labelledby": `fault-${index}`, onsubmit: submit },
    h("h3", { id: `fault-${index}` }, title),
    h("div", { class: "pair" }, fields.map(field)),
    h("button", { type: "submit" }, button),
  );
}

$("fault-forms").append(...FORMS.map(drawForm));
$("clear-faults").addEventListener("click", () => act("clear_faults", {}, "All faults are cleared"));
