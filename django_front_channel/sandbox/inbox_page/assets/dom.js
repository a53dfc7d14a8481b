// Build and update elements. Whatever people wrote becomes text, never HTML.

export const $ = (id) => document.getElementById(id);

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((each) => each != null && each !== false));
  return element;
}

// Show these items as the children of a list. An element stays as long as its key does, and is drawn again only
// when its item changes, so that focus, open details and selections survive.
export function keyed(list, items, draw) {
  const focused = document.activeElement;
  const name = list.contains(focused) ? focused.dataset.focus : null;
  const owner = focused?.closest("[data-key]")?.dataset.key;
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const element = known.get(item.key) ?? h("li", { "data-key": item.key });
    known.delete(item.key);
    const drawn = JSON.stringify(item);
    if (element.drawn !== drawn) {
      element.drawn = drawn;
      draw(element, item);
    }
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
  if (name && document.activeElement !== focused) {
    const place = [...list.children].find((child) => child.dataset.key === owner);
    place?.querySelector(`[data-focus="${name}"]`)?.focus({ preventScroll: true });
  }
}

// Replace the options of a select, and keep the choice.
export function options(select, pairs) {
  const drawn = JSON.stringify(pairs);
  if (select.drawn === drawn) return;
  const chosen = select.value;
  select.drawn = drawn;
  select.replaceChildren(...pairs.map(([value, text]) => h("option", { value }, text)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

export function announce(text) {
  const place = $("announcement");
  place.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (place.textContent = ""), 6000);
}

const day = (date) => date.toDateString();
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const LONG_DATE = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));

export function dayName(seconds) {
  const date = new Date(seconds * 1000);
  const yesterday = new Date(Date.now() - 86_400_000);
  if (day(date) === day(new Date())) return "Today";
  return day(date) === day(yesterday) ? "Yesterday" : LONG_DATE.format(date);
}

export function time(seconds, { short = false } = {}) {
  const date = new Date(seconds * 1000);
  const isToday = day(date) === day(new Date());
  const text = short && !isToday ? DATE.format(date) : CLOCK.format(date);
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString("en-GB") }, text);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function avatar(name) {
  const initials = name.replace(/[^\p{L}\p{N} ]/gu, "").split(" ").filter(Boolean).slice(0, 2).map((word) => word[0]);
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, initials.join("").toUpperCase() || "?");
}
