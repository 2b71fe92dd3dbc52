// The control API, one question at a time per thing; a refusal becomes a sentence in the toast.

export const known = JSON.parse(document.getElementById("known").textContent);
const toast = document.getElementById("toast");
const ANSWER_MILLISECONDS_MAX = 30000;
let toastTimer = 0;

export function say(text, refused = false) {
  toast.textContent = text;
  toast.dataset.refused = String(refused);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.textContent = ""; }, refused ? 6000 : 2500);
}

export function word(key, facts = {}) {
  const text = known.words[key] ?? key;
  return Object.entries(facts).reduce((said, [name, value]) => said.replaceAll(`{${name}}`, value), text);
}

// Returns the answer's JSON, null for none, undefined when it was refused (and said so).
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS_MAX),
    });
  } catch {
    say(word("lost"), true);
    return undefined;
  }
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => null);
  if (!answer.ok) {
    const code = `no_${content?.code ?? ""}`;
    say(known.words[code] ?? word("refused"), true);
    return undefined;
  }
  return content;
}

export const readerPath = (reader) => `/readers/${encodeURIComponent(reader)}`;
export const cardPath = (card) => `/cards/${encodeURIComponent(card)}`;

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
