// The till page: it shows what the counter says and sends what people press. It decides nothing.

import { ask, button, byId, follow, heldLines, language, money, play, wakeSound, words }
  from "./common.js";
import { Scanner } from "./scanner.js";
import { closeDialogs, openRefund, refreshToday, showFound, showPayment, showSaleDetail,
  wireDialogs } from "./desk.js";
import { watchHealth } from "./health.js";

const AMOUNT_CENTS_MAX = 100000;
const APPROVED_SHOWN_MS = 2500;
const CHOICE_KEY_MS = 150; // a digit that a scanner typed is followed by another before that
const MOODS = {
  card: "ready", proof: "ready", authorising: "ready", asking: "ready", shown: "ready",
  done: "ready", benefit: "wait", code: "wait", reversing: "wait", cancelled: "wait",
  reversed: "wait", approved: "good", declined: "stop", failed: "stop",
};
const FINAL = new Set(["approved", "declined", "cancelled", "failed", "reversed"]);
const OTHER_BENEFIT_REASONS = new Set(["insufficient_funds", "benefit_not_usable"]);
const training = document.body.dataset.training === "true";
const root = training ? "/practice" : "";

// --- what is typed -----------------------------------------------------------------------------

let typed = "";

function typedCents() {
  const [whole, decimals = ""] = typed.split(",");
  return Number(whole || "0") * 100 + Number(decimals.padEnd(2, "0"));
}

function type(key) {
  const next = key === "," && typed === "" ? "0," : typed + key;
  if (!/^\d{1,4}(,\d{0,2})?$/.test(next)) return;
  setTyped(next);
}

function setTyped(text) {
  typed = text;
  const cents = typedCents();
  byId("amount-shown").textContent = money(cents);
  byId("amount-shown").dataset.empty = String(cents === 0);
  byId("pay").disabled = cents < 1 || cents > AMOUNT_CENTS_MAX;
  notice(cents > AMOUNT_CENTS_MAX ? `${words.amount_too_large} ${money(AMOUNT_CENTS_MAX)}.` : "");
}

const notice = (text) => { byId("notice").textContent = text; };

// --- talking to the counter --------------------------------------------------------------------

async function send(path, body) {
  const { ok, body: said } = await ask("POST", path, body);
  if (!ok) {
    notice(said?.message ?? words.stopped_banner);
    if (shown?.active) byId("sale-message").textContent = byId("notice").textContent;
  }
  return ok;
}

async function pay(cents, benefit = null) {
  if (cents < 1 || cents > AMOUNT_CENTS_MAX) return;
  wakeSound();
  if (await send(`${root}/sales`, { amount_cents: cents, benefit })) setTyped("");
  else showAmount();
}

async function askErrand(kind) {
  wakeSound();
  closeDialogs();
  await send("/errands", { kind });
}

function cancel() {
  return send(shown?.errand_id ? "/errands/current/cancel" : `${root}/sales/current/cancel`);
}

const choose = (benefit) => send(`${root}/sales/current/benefit`, { benefit });

// --- the panel: a sale, or an errand -----------------------------------------------------------

let shown = null; // what is on the panel, or null while the keypad is there
let leaveTimer = 0;

function showAmount() {
  clearTimeout(leaveTimer);
  shown = null;
  byId("sale-side").hidden = true;
  byId("amount-side").hidden = false;
}

function showPanel(what, cents, actions) {
  clearTimeout(leaveTimer);
  const id = (one) => one?.errand_id ?? one?.sale_id;
  const changed = id(shown) !== id(what) || shown.state !== what.state;
  shown = what;
  const mood = MOODS[what.state] ?? "wait";
  byId("amount-side").hidden = true;
  byId("sale-side").hidden = false;
  byId("sale-side").dataset.mood = mood;
  byId("sale-amount").textContent = cents === null ? "" : money(cents);
  byId("sale-shape").setAttribute("href", `#shape-${mood}`);
  byId("sale-words").textContent = what.headline;
  const says = what.message !== what.headline && what.state !== "approved";
  byId("sale-message").textContent = says ? what.message : "";
  byId("held").hidden = true;
  byId("played-actions").replaceChildren(...(training ? playedActions(what) : []));
  byId("sale-actions").replaceChildren(...actions);
  // While it runs no button has the focus: Enter, twice by mistake, must not cancel or choose.
  takeFocus(what.active ? byId("sale-side") : byId("sale-actions").firstElementChild);
  if (changed) play(mood, training);
}

// In a frame, another page may have the keyboard: what happens here does not take it away.
function takeFocus(part) {
  if (window === window.top || document.hasFocus()) part.focus();
}

function showSale(sale) {
  showPanel(sale, sale.amount_cents, actionsOf(sale));
  const choices = sale.benefits.map(({ benefit, label }, place) =>
    button(`${place + 1} · ${label}`, "action-choice", () => choose(benefit)));
  byId("benefit-actions").replaceChildren(...choices);
  if (sale.state === "approved") leaveTimer = setTimeout(showAmount, APPROVED_SHOWN_MS);
}

function actionsOf(sale) {
  if (sale.active && FINAL.has(sale.state)) return []; // the keypad is told; a moment more
  if (sale.active) {
    const waiting = sale.state === "reversing";
    return [button(waiting ? words.do_not_wait : words.cancel, "", cancel)];
  }
  const finish = button(words.finish, "", showAmount);
  if (sale.state === "approved") {
    return [finish, button(words.receipt, "", () => { showAmount(); showSaleDetail(sale); })];
  }
  const choices = sale.choices.map(({ benefit, label, accepts_cents: accepts }) => {
    const cents = Math.min(accepts, sale.amount_cents);
    return button(`${label} · ${money(cents)}`, "action-choice", () => pay(cents, benefit));
  });
  const other = OTHER_BENEFIT_REASONS.has(sale.reason);
  const again = button(other ? words.other_benefit : words.again, "", () => pay(sale.amount_cents));
  return [...choices, again, finish];
}

function showErrand(errand) {
  const held = errand.kind === "balances" && errand.state === "shown";
  const actions = [button(errand.active && !held ? words.cancel : words.finish, "",
    errand.active ? cancel : showAmount)];
  if (held) actions.push(button(words.show_here, "", showBalances));
  if (held && byCan("canPrint")) actions.push(button(words.print, "", printBalances));
  showPanel(errand, null, actions);
  if (held) byId("sale-message").textContent = words.for_the_holder;
  byId("benefit-actions").replaceChildren(...errand.payments.map((payment) =>
    button(paymentWords(payment), "action-choice", () => { showAmount(); showPayment(payment); })));
  if (errand.kind === "balances" && errand.state === "done") showAmount();
}

const byCan = (what) => document.body.dataset[what] === "true";
const paymentWords = ({ day, left_cents: left, benefit_label: label }) =>
  `${day.split("-").reverse().slice(0, 2).join("/")} · ${money(left)} · ${label}`;

async function showBalances(event) {
  const { ok, body } = await ask("POST", "/errands/current/balances");
  if (!ok || shown?.state !== "shown") return;
  byId("held").replaceChildren(...heldLines(body.balances));
  byId("held").hidden = false;
  byId("sale-message").textContent = "";
  event.target.remove();
  byId("sale-side").focus();
}

async function printBalances() {
  const { ok, body } = await ask("POST", "/errands/current/receipt/print");
  byId("sale-message").textContent = ok ? words.printed : (body?.message ?? words.stopped_banner);
}

// --- practising: what is not there is played ---------------------------------------------------

const PLAYED = {
  card: ["card", ["one_benefit", "two_benefits", "blocked"]],
  code: ["code", ["right", "wrong", "short"]],
};

function playedActions({ active, state }) {
  if (!active || !(state in PLAYED)) return [];
  const [what, kinds] = PLAYED[state];
  return kinds.map((kind) =>
    button(words[`play_${kind}`], "action-played",
      () => send(`/practice/${what}`, { [what]: kind })));
}

function wireTraining() {
  byId("training")?.addEventListener("click", () => {
    const side = training ? "end" : "begin";
    byId("training-title").textContent = words[`training_${side}_title`];
    byId("training-text").textContent = words[`training_${side}_text`];
    byId("training-turn").textContent = words[`training_${side}`];
    byId("training-dialog").showModal();
  });
  byId("training-turn")?.addEventListener("click", async () => {
    const { ok, body } = await ask("PUT", "/training", { training: !training });
    if (!ok) byId("training-text").textContent = body?.message ?? words.stopped_banner;
  });
}

// --- keys, scans and start ---------------------------------------------------------------------

function remember() {
  const [text, field] = [typed, document.activeElement];
  const value = field instanceof HTMLInputElement ? field.value : null;
  return () => {
    clearTimeout(choiceTimer);
    setTyped(text);
    if (value !== null) field.value = value;
  };
}

async function onScan(digits) {
  if (shown?.active) return;
  if (training) return notice(words.training_scan);
  closeDialogs();
  showAmount();
  const { ok, body } = await ask("GET", `/receipts?scan=${encodeURIComponent(digits)}`);
  if (ok) showFound(body);
  else notice(body?.message ?? words.stopped_banner);
}

const scanner = new Scanner(remember, onScan);

function onKey(event) {
  clearTimeout(choiceTimer);
  if (scanner.take(event)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]")) return;
  const keys = { F2: focusList, F3: () => askErrand("balances"), F4: openRefund, Escape: onEscape };
  if (event.key in keys) {
    event.preventDefault();
    keys[event.key]();
  } else if (shown === null) {
    onAmountKey(event);
  } else if (shown.state === "benefit") {
    onChoiceKey(event);
  } else if (!shown.active && /^[0-9]$/.test(event.key)) {
    showAmount(); // the next customer need not wait until the last one has read
    onAmountKey(event);
  }
}

let choiceTimer = 0;

function onChoiceKey(event) {
  const chosen = shown.benefits[Number(event.key) - 1];
  if (chosen) choiceTimer = setTimeout(() => choose(chosen.benefit), CHOICE_KEY_MS);
}

const focusList = () => (byId("sales").querySelector("button") ?? byId("sales")).focus();

function onEscape() {
  if (shown === null) setTyped("");
  else if (shown.active) cancel();
  else showAmount();
}

function onAmountKey(event) {
  const onButton = event.target.closest?.("button, a") && event.target.id !== "pay";
  if (/^[0-9]$/.test(event.key)) type(event.key);
  else if (event.key === "," || event.key === ".") type(",");
  else if (event.key === "Backspace") setTyped(typed.slice(0, -1));
  else if (event.key === "Enter" && !(onButton && !event.target.closest("#keypad"))) {
    event.preventDefault(); // a key that was clicked keeps the focus: Enter still means « Encaisser »
    pay(typedCents());
  }
}

function onState({ sale, practice, errand, training: now }) {
  if (now !== training) {
    location.replace(`/?language=${language}`);
    return;
  }
  const selling = training ? practice : sale;
  if (errand?.active) showErrand(errand);
  else if (selling?.active) showSale(selling);
  else if (errand && shown?.errand_id === errand.errand_id) showErrand(errand);
  else if (selling && shown?.sale_id === selling.sale_id) showSale(selling);
  else if (shown?.active) showAmount();
  if (!selling?.active) refreshToday();
}

byId("keypad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (key === "00") { type("0"); type("0"); } else if (key) type(key);
});
byId("clear").addEventListener("click", () => setTyped(""));
byId("pay").addEventListener("click", () => pay(typedCents()));
byId("ask-balance").addEventListener("click", () => askErrand("balances"));
byId("ask-refund").addEventListener("click", openRefund);
document.addEventListener("keydown", onKey, true);
wireDialogs({ root, training, onCard: () => askErrand("payments") });
wireTraining();
const lookAgain = watchHealth();
follow("/events", onState, () => { refreshToday(); lookAgain(); }, lookAgain);
