// The customer's screen: it shows what the counter says is theirs, and sends what they press.

import { ask, byId, button, follow, heldLines, money, play, wakeSound, words } from "./common.js";

const IDLE = { screen: "idle", mood: "idle", message: "", benefits: [] };
let shown = null;
let leaveTimer = 0;

function show(state) {
  clearTimeout(leaveTimer);
  const changed = shown === null || shown.screen !== state.screen;
  shown = state;
  document.body.dataset.mood = state.mood;
  byId("training").hidden = !state.training;
  byId("amount").textContent = state.amount_cents ? money(state.amount_cents) : "";
  byId("shape-box").toggleAttribute("hidden", state.mood === "idle");
  byId("shape").setAttribute("href", `#shape-${state.mood}`);
  byId("words").textContent = state.headline;
  byId("message").textContent = state.message;
  if (changed) byId("held").hidden = true;
  byId("choices").replaceChildren(...state.benefits.map(({ benefit, label }) =>
    button(label, "action-choice", () => press("/client/benefit", { benefit }))));
  byId("actions").replaceChildren(...actionsOf(state));
  if (state.has_balances && changed) showBalances();
  if (changed) play(state.mood, state.training);
  if (state.gone_after_seconds) {
    leaveTimer = setTimeout(leave, state.gone_after_seconds * 1000);
  }
}

function leave() {
  show({ ...IDLE, headline: words.welcome, training: shown.training });
}

function actionsOf(state) {
  const actions = [];
  if (state.can_ask_remaining) actions.push(button(words.remaining_ask, "", showRemaining));
  if (state.has_balances) {
    actions.push(button(words.hide, "", () => press("/client/cancel")));
  } else if (state.can_cancel) {
    actions.push(button(words.cancel, "", () => press("/client/cancel")));
  }
  return actions;
}

async function press(path, body) {
  wakeSound();
  const { ok, body: said } = await ask("POST", path, body);
  if (!ok) byId("message").textContent = said?.message ?? words.stopped_banner;
}

async function showBalances() {
  const { ok, body } = await ask("POST", "/client/balances");
  if (!ok || !shown.has_balances) return;
  byId("held").replaceChildren(...heldLines(body.balances));
  byId("held").hidden = false;
}

async function showRemaining(event) {
  event.target.remove();
  const { ok, body } = await ask("POST", "/client/remaining");
  if (!ok || !shown.can_ask_remaining) return;
  byId("message").textContent =
    `${words.remaining} ${money(body.remaining_cents)} · ${body.label}`;
}

follow("/client/events", show, () => {}, () => {
  show({ ...IDLE, headline: words.stopped_banner, mood: "idle" });
});
