// Use the control of the sandbox, under /_sandbox/.

export class Refused extends Error {}

// Call one of the verbs, and return its JSON object. Throws Refused with a sentence.
export async function ask(verb, document = {}) {
  const response = await fetch(`/_sandbox/${verb}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(document),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error);
  return answer;
}

let tag = null;

// Return the whole state, or null if it has not changed since the last time.
export async function readState() {
  const headers = tag ? { "If-None-Match": tag } : {};
  const response = await fetch("/_sandbox/state", { headers, cache: "no-store" });
  tag = response.headers.get("ETag");
  return response.status === 304 ? null : response.json();
}

const KEPT = 200;
const entries = new Map();

// Return the newest entries of the journal, newest first. Entries without an answer are read again.
export async function readJournal() {
  const numbers = [...entries.keys()];
  const open = numbers.filter((number) => entries.get(number).duration === null);
  const since = open.length ? Math.min(...open) - 1 : Math.max(0, ...numbers);
  const response = await fetch(`/_sandbox/journal?since=${since}&last=${KEPT}`, { cache: "no-store" });
  for (const entry of (await response.json()).entries) entries.set(entry.number, entry);
  const newest = [...entries.values()].sort((a, b) => b.number - a.number).slice(0, KEPT);
  entries.clear();
  for (const entry of newest) entries.set(entry.number, entry);
  return newest;
}

// Return files in the form that the control takes.
export function encoded(files) {
  return Promise.all([...files].map(async (file) => ({ filename: file.name, content: await base64(file) })));
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
