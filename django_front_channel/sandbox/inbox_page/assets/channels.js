// Connect and remove channels.

import { $, announce, h, keyed } from "./dom.js";
import { ask, Refused } from "./server.js";
import { view } from "./view.js";

export function showChannels() {
  const channels = view.state.channels.filter((each) => !each.is_deleted);
  const items = channels.map(({ id, name, address, status, webhook_url }) => ({ key: id, name, address, status, webhook_url }));
  keyed($("channel-list"), items, draw);
}

function draw(element, channel) {
  const remove = h("button", { type: "button", "aria-label": `Delete the channel ${channel.name}` }, "Delete");
  // The second click confirms.
  remove.addEventListener("click", () => {
    if (remove.textContent === "Delete") remove.textContent = "Really delete";
    else act("delete_channel", { channel_id: channel.key }, () => `${channel.name} is deleted`);
  });
  remove.addEventListener("blur", () => (remove.textContent = "Delete"));
  element.replaceChildren(
    h("div", {}, h("strong", {}, channel.name), h("span", { class: `mark ${channel.status === "ok" ? "good" : "bad"}` }, channel.status)),
    h("p", {}, `${channel.address} · ${channel.key}`),
    h("p", { class: "url" }, channel.webhook_url),
    remove,
  );
}

async function act(verb, document, said) {
  try {
    announce(said(await ask(verb, document)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    announce(error.message);
  }
  await view.refresh();
}

$("connect").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const document = Object.fromEntries(new FormData(form));
  $("connect-error").textContent = "";
  await act("connect", document, (result) => {
    $("connect-error").textContent = result.advice ?? result.error ?? "";
    if (result.error) return "Not connected";
    form.reset();
    return "Connected";
  });
});
