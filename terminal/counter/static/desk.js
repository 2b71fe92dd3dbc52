// The day's list, one sale's detail, its receipt, and money that goes back.

import { ask, byId, day, hour, money, play, wakeSound, words } from "./common.js";

const LIST_MOODS = { approved: "good", declined: "stop", failed: "stop" };
let root = "";
let training = false;
let detailed = null; // what is in the dialog: { sale } or { payment }

export const closeDialogs = () =>
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());

// --- today -------------------------------------------------------------------------------------

export async function refreshToday() {
  const { ok, body: today } = await ask("GET", `${root}/sales`);
  if (!ok) return;
  byId("today-total").textContent = `${today.approved_count} · ${money(today.approved_cents)}`;
  byId("today-returned").textContent =
    today.returned_cents ? `${words.returned} ${money(today.returned_cents)}` : "";
  if (today.sales.length) byId("sales").replaceChildren(...today.sales.map(saleLine));
}

function saleLine(sale) {
  const line = document.createElement("button");
  line.type = "button";
  line.className = "sale-line";
  line.dataset.mood = LIST_MOODS[sale.state] ?? "wait";
  line.innerHTML =
    '<span></span><b></b><i></i><svg aria-hidden="true"><use/></svg>'; // fixed text only
  const [at, amount, what, shape] = line.children;
  at.textContent = hour(sale.started_at);
  amount.textContent = money(sale.amount_cents);
  what.textContent = listWords(sale);
  shape.firstElementChild.setAttribute("href", `#shape-${line.dataset.mood}`);
  line.addEventListener("click", () => showSaleDetail(sale));
  const item = document.createElement("li");
  item.append(line);
  return item;
}

function listWords(sale) {
  if (sale.active) return words.list_running;
  if (sale.state === "approved") return sale.benefit_label;
  return words[`list_${sale.state}`] ?? words.list_interrupted;
}

// --- one sale, or a payment of another till ----------------------------------------------------

export function showFound({ sale, payment }) {
  if (sale) showSaleDetail(sale);
  else showPayment(payment);
}

export function showSaleDetail(sale) {
  const atRest = !sale.active && sale.state !== "reversing";
  open({ sale }, sale.amount_cents, [
    [words.time, `${day(sale.started_at)} ${hour(sale.started_at)}`],
    [words.state, sale.active ? sale.headline : sale.message],
    [words.benefit, sale.state === "approved" ? sale.benefit_label : null],
    [words.authorisation, training ? null : sale.authorisation_number],
    [words.reference, sale.sale_id],
  ]);
  byId("receipt-tools").hidden = !atRest;
  byId("with-balance").closest("label").hidden = sale.state !== "approved";
  showWhatIsLeft();
}

export function showPayment(payment) {
  open({ payment }, payment.amount_cents, [
    [words.time, `${day(payment.at)} ${hour(payment.at)}`],
    [words.benefit, payment.benefit_label],
    [words.card, payment.masked_card_number],
    [words.authorisation, payment.authorisation_number],
  ]);
  byId("receipt-tools").hidden = true;
  offer(payment.left_cents, payment.amount_cents - payment.left_cents);
}

function open(what, cents, facts) {
  detailed = what;
  byId("detail-title").textContent = money(cents);
  byId("detail-facts").replaceChildren(...facts.filter(([, value]) => value)
    .flatMap(([term, value]) => {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      [dt.textContent, dd.textContent] = [term, value];
      return [dt, dd];
    }));
  byId("give-back").hidden = true;
  byId("receipt").hidden = true;
  byId("with-balance").checked = false;
  byId("print").hidden = document.body.dataset.canPrint !== "true";
  byId("print").textContent = words.print;
  say("");
  if (!byId("detail").open) byId("detail").showModal();
}

const say = (text) => { byId("give-back-notice").textContent = text; };

// --- giving back -------------------------------------------------------------------------------

const asTyped = (cents) => (cents / 100).toFixed(2).replace(".", ",");
const asCents = (text) => Math.round(Number(text.replace(",", ".")) * 100);

async function showWhatIsLeft() {
  const { sale } = detailed;
  if (sale.state !== "approved" || sale.active) return;
  if (training) return offer(sale.amount_cents - sale.returned_cents, sale.returned_cents);
  const { ok, body } = await ask("GET", `/sales/${sale.sale_id}/returns`);
  if (!ok || detailed.sale !== sale) return;
  const back = body.returns.filter(({ state }) => state === "done")
    .reduce((sum, { amount_cents: cents }) => sum + cents, 0);
  const waiting = body.returns.find(({ state }) => state === "asked");
  if (waiting) say(waiting.message);
  else offer(sale.amount_cents - back, back);
}

function offer(left, back) {
  say(back ? `${words.refunded_already} ${money(back)}.` : "");
  byId("give-back-amount").value = asTyped(left);
  byId("give-back").hidden = left <= 0;
}

function askBack(cents) {
  const { sale, payment } = detailed;
  if (sale) return ask("POST", `${root}/sales/${sale.sale_id}/returns`, { amount_cents: cents });
  const { authorisation_number, day: on } = payment;
  return ask("POST", "/returns", { authorisation_number, day: on, amount_cents: cents });
}

async function giveBack(event) {
  event.preventDefault();
  wakeSound();
  const what = detailed;
  const cents = asCents(byId("give-back-amount").value);
  byId("give-back").hidden = true; // one at a time, however often it is pressed
  const { ok, body } = await askBack(cents);
  if (detailed !== what) return;
  if (ok) showAfter(what, cents, body);
  else offer(asCents(byId("give-back-amount").value), 0);
  say(ok ? sentenceOf(body, cents) : (body?.message ?? words.stopped_banner));
  if (ok) play(body.state === "asked" ? "wait" : "good", training);
  refreshToday();
}

const sentenceOf = (body, cents) =>
  body.practised ? `${words.training} · ${words.returned} ${money(cents)}` : body.message;

async function showAfter(what, cents, body) {
  if (what.payment) {
    what.payment.left_cents -= cents;
    byId("give-back-amount").value = asTyped(what.payment.left_cents);
    byId("give-back").hidden = body.state === "asked" || what.payment.left_cents <= 0;
    return;
  }
  if (body.practised) what.sale = body;
  const said = sentenceOf(body, cents);
  await showWhatIsLeft();
  say(said);
}

// --- finding what to give back -----------------------------------------------------------------

export function openRefund() {
  closeDialogs();
  byId("find-day").value = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" })
    .format(new Date());
  byId("find-number").value = "";
  byId("find-notice").textContent = "";
  byId("refund").showModal();
}

async function find(event) {
  event.preventDefault();
  const asked = new URLSearchParams({
    authorisation_number: byId("find-number").value, day: byId("find-day").value,
  });
  const { ok, body } = await ask("GET", `/receipts?${asked}`);
  if (!ok) {
    byId("find-notice").textContent = body?.message ?? words.stopped_banner;
    return;
  }
  byId("refund").close();
  showFound(body);
}

// --- receipts ----------------------------------------------------------------------------------

const receiptPath = () => `${root}/sales/${detailed.sale.sale_id}/receipt`;

async function print() {
  const wish = training ? {} : { with_balance: byId("with-balance").checked };
  const { ok, body } = await ask("POST", `${receiptPath()}/print`, wish);
  if (ok) byId("print").textContent = words.print_again;
  say(ok ? words[body.duplicate ? "printed_again" : "printed"]
    : (body?.message ?? words.stopped_banner));
}

async function showReceipt() {
  const how = byId("with-balance").checked ? "?with_balance=true" : "";
  const { ok, body } = await ask("GET", receiptPath() + how);
  byId("receipt").hidden = !ok;
  if (ok) {
    byId("receipt").textContent = body;
    byId("receipt").scrollIntoView({ block: "nearest" });
  } else say(body?.message ?? words.stopped_banner);
}

export function wireDialogs({ root: path, training: practising, onCard }) {
  [root, training] = [path, practising];
  byId("give-back").addEventListener("submit", giveBack);
  byId("find").addEventListener("submit", find);
  byId("with-card").addEventListener("click", onCard);
  byId("print").addEventListener("click", print);
  byId("show-receipt").addEventListener("click", showReceipt);
}
