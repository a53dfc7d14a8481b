// The dialogs for a new message, and for choosing what to merge or split.

import { $, announce, clock, h, options } from "./dom.js";
import { ask, encoded, Refused } from "./server.js";
import { view } from "./view.js";

// Show a dialog. Sending its form closes it, unless `submit` throws Refused.
function openDialog(dialog, submit) {
  const form = dialog.querySelector("form");
  const error = form.querySelector(".error");
  error.textContent = "";
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const id = await submit(new FormData(form));
      dialog.close();
      await view.refresh();
      if (id) location.hash = `#/${id}`;
    } catch (problem) {
      error.textContent = problem instanceof Refused ? problem.message : "The sandbox is not reachable.";
    }
  };
  form.querySelector(".cancel").onclick = () => dialog.close();
  dialog.showModal();
}

$("compose").addEventListener("click", () => {
  const form = $("compose-form");
  const channels = view.state?.channels.filter((each) => !each.is_deleted) ?? [];
  options(form.elements.channel_id, channels.map((each) => [each.id, each.name]));
  openDialog($("compose-dialog"), async (data) => {
    const result = await ask("compose", {
      channel_id: data.get("channel_id"),
      to: data.get("to").split(",").map((each) => each.trim()).filter(Boolean),
      subject: data.get("subject") || null,
      text: data.get("text"),
      author_id: view.me,
      attachments: await encoded(data.getAll("files").filter((file) => file.name)),
    });
    announce(result.error ? `Not delivered. ${result.error}` : "Message sent");
    form.reset();
    return result.conversation_id;
  });
});

function chooseFrom(title, legend, button, type, choices, submit) {
  $("choose-title").textContent = title;
  $("choose-legend").textContent = choices.length ? legend : "There is nothing to choose from.";
  $("choose-submit").textContent = button;
  $("choose-submit").disabled = !choices.length;
  const drawn = choices.map(([value, ...words]) => h("label", {}, h("input", { type, name: "chosen", value }), h("span", {}, words)));
  $("choices").replaceChildren(...drawn);
  openDialog($("choose-dialog"), (data) => submit(data.getAll("chosen")));
}

const blurb = (message) => h("small", {}, ` ${clock(message.created_at)} ${message.text.slice(0, 80)}`);

$("merge").addEventListener("click", () => {
  $("more-menu").open = false;
  const open = view.selected;
  const others = view.state.conversations.filter(
    (each) => each.id !== open.id && each.channel_id === open.channel_id && !each.merged_into && each.messages.length,
  );
  const choices = others.map((each) => [each.id, view.customer(each), blurb(view.last(each))]);
  chooseFrom("Merge conversations", "Merge with", "Merge", "checkbox", choices, async (chosen) => {
    const result = await ask("merge", { conversation_ids: [open.id, ...chosen], author_id: view.me });
    announce("Merged");
    return result.conversation_id;
  });
});

$("split").addEventListener("click", () => {
  $("more-menu").open = false;
  const open = view.selected;
  const choices = open.messages.map((each) => [each.id, each.is_inbound ? view.customer(open) : "Team", blurb(each)]);
  chooseFrom("Split the conversation", "Move to a new conversation", "Split", "checkbox", choices, async (message_ids) => {
    const result = await ask("split", { conversation_id: open.id, message_ids, author_id: view.me });
    announce("Split");
    return result.conversation_id;
  });
});
