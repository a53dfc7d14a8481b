"use strict";

// Requests the lines of a thread every second. Puts only new or changed lines into the page, so that a screen reader
// reads only those.
const log = document.querySelector("[data-live]");

function show(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const shown = log.querySelectorAll("li");
  fresh.content.querySelectorAll("li").forEach((line, place) => {
    if (!shown[place]) {
      log.querySelector("ol").append(line);
      line.scrollIntoView({ block: "nearest" });
    } else if (!shown[place].isEqualNode(line)) {
      shown[place].replaceWith(line);
    }
  });
}

async function refresh() {
  try {
    const answer = await fetch(log.dataset.live);
    if (answer.ok) {
      show(await answer.text());
    }
  } catch {
    // The site is being restarted; the next try will tell.
  }
  setTimeout(refresh, 1000);
}

// Enter sends, as in every chat; Shift and Enter begin a new line.
document.querySelector("textarea")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

refresh();
