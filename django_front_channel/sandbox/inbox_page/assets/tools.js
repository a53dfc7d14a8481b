// Show or hide the developer tools, and switch their tabs.

import { $ } from "./dom.js";
import { view } from "./view.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];
const narrow = matchMedia("(max-width: 1100px)");

export function showTools(isShown = !narrow.matches) {
  $("tools").hidden = !isShown;
  $("show-tools").setAttribute("aria-expanded", String(isShown));
  document.body.classList.toggle("with-tools", isShown);
}

function select(tab) {
  for (const each of tabs) {
    const isSelected = each === tab;
    each.setAttribute("aria-selected", String(isSelected));
    each.tabIndex = isSelected ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = !isSelected;
  }
  view.refresh();
}

for (const tab of tabs) tab.addEventListener("click", () => select(tab));
document.querySelector('[role="tablist"]').addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  select(next);
});
$("show-tools").addEventListener("click", () => {
  showTools($("tools").hidden);
  if (!$("tools").hidden) view.refresh();
  if (!$("tools").hidden && narrow.matches) tabs.find((tab) => tab.tabIndex === 0).focus();
});
$("hide-tools").addEventListener("click", () => {
  showTools(false);
  $("show-tools").focus();
});
narrow.addEventListener("change", () => showTools());
