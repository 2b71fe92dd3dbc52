// The till page: it shows what the counter says and sends what people press. It decides nothing.
"use strict";

const byId = (id) => document.getElementById(id);
const AMOUNT_CENTS_MAX = 100000;
const APPROVED_SHOWN_MS = 2500;
const HEALTH_EVERY_MS = 10000;
const MOODS = {
  card: "ready", proof: "ready", authorising: "ready",
  benefit: "wait", code: "wait", reversing: "wait", cancelled: "wait",
  reversed: "wait", approved: "good", declined: "stop", failed: "stop",
};
const LIST_WORDS = {
  declined: "refusé", failed: "non aboutie", cancelled: "annulée",
  reversed: "annulée", reversing: "en attente",
};
const OTHER_BENEFIT_REASONS = new Set(["insufficient_funds", "benefit_not_usable"]);

const euros = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });
const hours = new Intl.DateTimeFormat("fr-FR", {
  hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris",
});
const money = (cents) => euros.format(cents / 100);

// --- what is typed -----------------------------------------------------------------------------

let typed = "";

function typedCents() {
  const [whole, decimals = ""] = typed.split(",");
  return Number(whole || "0") * 100 + Number(decimals.padEnd(2, "0"));
}

function type(key) {
  const next = key === "," && typed === "" ? "0," : typed + key;
  if (!/^\d{1,4}(,\d{0,2})?$/.test(next)) return;
  typed = next;
  showTyped();
}

function showTyped() {
  const cents = typedCents();
  byId("amount-shown").textContent = money(cents);
  byId("amount-shown").dataset.empty = String(cents === 0);
  byId("pay").disabled = cents < 1 || cents > AMOUNT_CENTS_MAX;
  byId("notice").textContent =
    cents > AMOUNT_CENTS_MAX ? `Le montant ne peut pas dépasser ${money(AMOUNT_CENTS_MAX)}.` : "";
}

function clearTyped() {
  typed = "";
  showTyped();
}

// --- talking to the counter --------------------------------------------------------------------

async function send(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
    if (!answer.ok) byId("notice").textContent = (await answer.json()).message;
    return answer.ok;
  } catch {
    byId("notice").textContent = "La caisse ne répond pas. Vérifiez qu’elle est démarrée.";
    return false;
  }
}

async function pay(cents, benefit = null) {
  if (cents < 1 || cents > AMOUNT_CENTS_MAX) return;
  wakeSound();
  if (await send("/sales", { amount_cents: cents, benefit })) clearTyped();
  else showAmount();
}

const cancel = () => send("/sales/current/cancel");

// --- the sale ----------------------------------------------------------------------------------

let shown = null; // the sale on the panel, or null while the keypad is there
let leaveTimer = 0;

function showAmount() {
  clearTimeout(leaveTimer);
  shown = null;
  byId("sale-side").hidden = true;
  byId("amount-side").hidden = false;
}

function showSale(sale) {
  clearTimeout(leaveTimer);
  const changed = shown === null || shown.state !== sale.state;
  shown = sale;
  const mood = MOODS[sale.state] ?? "wait";
  byId("amount-side").hidden = true;
  byId("sale-side").hidden = false;
  byId("sale-side").dataset.mood = mood;
  byId("sale-amount").textContent = money(sale.amount_cents);
  byId("sale-shape").setAttribute("href", `#shape-${mood}`);
  byId("sale-words").textContent = sale.headline;
  const says = sale.message !== sale.headline && sale.state !== "approved";
  byId("sale-message").textContent = says ? sale.message : "";
  showBenefits(sale);
  showActions(sale);
  if (changed) play(mood);
  if (sale.state === "approved") leaveTimer = setTimeout(showAmount, APPROVED_SHOWN_MS);
}

function button(text, className, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `action ${className}`;
  made.textContent = text;
  made.addEventListener("click", onClick);
  return made;
}

function showBenefits(sale) {
  const buttons = sale.benefits.map(({ benefit, label }) =>
    button(label, "action-choice", () => send("/sales/current/benefit", { benefit })));
  byId("benefit-actions").replaceChildren(...buttons);
}

function showActions(sale) {
  byId("sale-actions").replaceChildren(...actionsOf(sale));
  // While a sale runs no button has the focus: Enter, twice by mistake, must not cancel or choose.
  (sale.active ? byId("sale-side") : byId("sale-actions").firstElementChild).focus();
}

function actionsOf(sale) {
  if (sale.active) {
    return [button(sale.state === "reversing" ? "Ne pas attendre" : "Annuler", "", cancel)];
  }
  if (sale.state === "approved") return [button("Terminer", "", showAmount)];
  const choices = sale.choices.map(({ benefit, label, accepts_cents: accepts }) => {
    const cents = Math.min(accepts, sale.amount_cents);
    return button(`${label} · ${money(cents)}`, "action-choice", () => pay(cents, benefit));
  });
  const again = OTHER_BENEFIT_REASONS.has(sale.reason) ? "Autre avantage" : "Réessayer";
  return [
    ...choices,
    button(again, "", () => pay(sale.amount_cents)),
    button("Terminer", "", showAmount),
  ];
}

// --- today -------------------------------------------------------------------------------------

async function refreshToday() {
  const answer = await fetch("/sales").catch(() => null);
  if (!answer?.ok) return;
  const today = await answer.json();
  byId("today-total").textContent = `${today.approved_count} · ${money(today.approved_cents)}`;
  byId("today-returned").textContent =
    today.returned_cents ? `rendu ${money(today.returned_cents)}` : "";
  if (today.sales.length) byId("sales").replaceChildren(...today.sales.map(saleLine));
}

function saleLine(sale) {
  const line = document.createElement("button");
  line.type = "button";
  line.className = "sale-line";
  line.dataset.mood = MOODS[sale.state] ?? "wait";
  line.innerHTML =
    '<span></span><b></b><i></i><svg aria-hidden="true"><use/></svg>'; // fixed text only
  const [hour, amount, words, shape] = line.children;
  hour.textContent = hours.format(new Date(sale.started_at));
  amount.textContent = money(sale.amount_cents);
  words.textContent = listWords(sale);
  shape.firstElementChild.setAttribute("href", `#shape-${line.dataset.mood}`);
  line.addEventListener("click", () => showDetail(sale));
  const item = document.createElement("li");
  item.append(line);
  return item;
}

function listWords(sale) {
  if (sale.active) return "en cours";
  if (sale.state === "approved") return sale.benefit_label;
  return LIST_WORDS[sale.state] ?? "interrompue";
}

function showDetail(sale) {
  const facts = [
    ["Heure", hours.format(new Date(sale.started_at))],
    ["État", sale.active ? sale.headline : sale.message],
    ["Avantage", sale.state === "approved" ? sale.benefit_label : null],
    ["Autorisation", sale.authorisation_number],
    ["Référence", sale.sale_id],
  ].filter(([, value]) => value);
  byId("detail-title").textContent = money(sale.amount_cents);
  byId("detail-facts").replaceChildren(...facts.flatMap(([term, value]) => {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    [dt.textContent, dd.textContent] = [term, value];
    return [dt, dd];
  }));
  showGiveBack(sale);
  byId("detail").showModal();
}

// --- giving back -------------------------------------------------------------------------------

let detailed = null; // the sale in the dialog

const asTyped = (cents) => (cents / 100).toFixed(2).replace(".", ",");
const asCents = (text) => Math.round(Number(text.replace(",", ".")) * 100);

async function showGiveBack(sale) {
  detailed = sale;
  byId("give-back").hidden = true;
  byId("give-back-notice").textContent = "";
  if (sale.state !== "approved" || sale.active) return;
  const answer = await fetch(`/sales/${sale.sale_id}/returns`).catch(() => null);
  if (!answer?.ok || detailed !== sale) return;
  const { returns } = await answer.json();
  const back = returns.filter(({ state }) => state === "done")
    .reduce((sum, { amount_cents: cents }) => sum + cents, 0);
  const waiting = returns.find(({ state }) => state === "asked");
  byId("give-back-notice").textContent =
    waiting?.message ?? (back ? `Déjà remboursé : ${money(back)}.` : "");
  byId("give-back-amount").value = asTyped(sale.amount_cents - back);
  byId("give-back").hidden = Boolean(waiting) || back >= sale.amount_cents;
}

async function giveBack(event) {
  event.preventDefault();
  const sale = detailed;
  const cents = asCents(byId("give-back-amount").value);
  const answer = await fetch(`/sales/${sale.sale_id}/returns`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ amount_cents: cents }),
  }).catch(() => null);
  const body = answer === null ? null : await answer.json();
  await showGiveBack(sale);
  byId("give-back-notice").textContent =
    body?.message ?? "La caisse ne répond pas. Vérifiez qu’elle est démarrée.";
  if (answer?.ok) play(body.state === "done" ? "good" : "wait");
  refreshToday();
}

// --- health ------------------------------------------------------------------------------------

const HEALTH_WORDS = [
  ["journal", "journal bloqué"], ["backend", "hors ligne"],
  ["reader", "lecteur absent"], ["pad", "clavier absent"],
];

async function refreshHealth() {
  const answer = await fetch("/health").catch(() => null);
  const health = answer?.ok ? await answer.json() : null;
  const fault = HEALTH_WORDS.find(([part]) => health?.[part] !== "ok");
  const wrong = fault && (health?.[`${fault[0]}_words`] || fault[1]);
  const waiting = health?.open_reversals ? ` · ${health.open_reversals} annulation(s) en attente` : "";
  const clock = health?.clock_words ? ` · ${health.clock_words}` : "";
  byId("health").textContent =
    health === null ? "caisse arrêtée" : (wrong || "en ligne") + waiting + clock;
  byId("health").dataset.condition = health !== null && !fault && !clock ? "ok" : "unavailable";
}

// --- sounds: [hertz, start, seconds] -----------------------------------------------------------

const TUNES = {
  ready: [[330, 0, 0.12]],
  good: [[523, 0, 0.12], [784, 0.14, 0.2]],
  wait: [[440, 0, 0.1], [440, 0.16, 0.1]],
  stop: [[196, 0, 0.36]],
};
let audio = null;

function wakeSound() {
  audio ??= new AudioContext(); // browsers allow sound only after somebody pressed something
}

function play(mood) {
  if (audio === null) return;
  for (const [hertz, start, seconds] of TUNES[mood]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + start;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.15, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
  }
}

// --- keys and start ----------------------------------------------------------------------------

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || byId("detail").open) return;
  if (event.key === "F2") {
    event.preventDefault();
    (byId("sales").querySelector("button") ?? byId("sales")).focus();
  } else if (event.key === "Escape") {
    onEscape();
  } else if (shown === null) {
    onAmountKey(event);
  }
}

function onEscape() {
  if (shown === null) clearTyped();
  else if (shown.active) cancel();
  else showAmount();
}

function onAmountKey(event) {
  const onButton = event.target instanceof HTMLButtonElement && event.target.id !== "pay";
  if (/^[0-9]$/.test(event.key)) type(event.key);
  else if (event.key === "," || event.key === ".") type(",");
  else if (event.key === "Backspace") {
    typed = typed.slice(0, -1);
    showTyped();
  } else if (event.key === "Enter" && !(onButton && event.target.closest("#sales"))) {
    event.preventDefault(); // a key that was clicked keeps the focus: Enter still means « Encaisser »
    pay(typedCents());
  }
}

function onState({ sale }) {
  if (sale === null) return showAmount();
  const isNews = sale.active || shown?.sale_id === sale.sale_id;
  if (isNews) showSale(sale);
  if (!sale.active) refreshToday();
}

byId("keypad").addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (key === "00") { type("0"); type("0"); } else if (key) type(key);
});
byId("clear").addEventListener("click", clearTyped);
byId("give-back").addEventListener("submit", giveBack);
byId("pay").addEventListener("click", () => pay(typedCents()));
document.addEventListener("keydown", onKey);

const events = new EventSource("/events");
events.addEventListener("state", (event) => onState(JSON.parse(event.data)));
events.addEventListener("open", refreshToday);
events.addEventListener("open", refreshHealth);
events.addEventListener("error", refreshHealth);
setInterval(refreshHealth, HEALTH_EVERY_MS);
refreshHealth();
refreshToday();
