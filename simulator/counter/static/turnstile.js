// The turnstile beside the gate: whether it lets through, and hands for its arm and its leaf.

import { ask, word } from "./api.js";

let standsOpen = false;
let panelAsks = false;

export function startTurnstile(refresh) {
  const act = (id, what) => document.getElementById(id)?.addEventListener("click", async () => {
    await what();
    await refresh();
  });
  act("turnstile-push", () => ask("POST", "/turnstile/push", {}));
  act("turnstile-force", () => ask("POST", "/turnstile/push", { force: true }));
  act("turnstile-door", () => ask("PUT", "/turnstile/door", { stands_open: !standsOpen, force: true }));
  act("turnstile-panel", () => ask("PUT", "/turnstile/panel", { closed: !panelAsks }));
}

export function drawTurnstile(seen) {
  const part = document.getElementById("turnstile");
  if (part === null || seen === null) return;
  standsOpen = seen.stands_open;
  panelAsks = seen.panel;
  const state = !seen.plugged ? "out" : seen.free ? "free" : "locked";
  part.dataset.state = state;
  const said = `${word(`turnstile_${state}`)} · ${word("turnstile_through", { count: seen.through })}`;
  const words = document.getElementById("turnstile-words");
  if (words.textContent !== said) words.textContent = said;
  const door = document.getElementById("turnstile-door");
  door.setAttribute("aria-pressed", String(standsOpen));
  document.getElementById("turnstile-panel").setAttribute("aria-pressed", String(panelAsks));
  door.textContent = word(standsOpen ? "door_close" : "door_open");
}
