// The counter: draws what lies on the table, and does what hands would do.

import { ask, element, known, say, word } from "./api.js";
import * as cards from "./cards.js";
import { drawFaults } from "./faults.js";
import { drawPad, startPad } from "./pad.js";
import { drawSwitches, startSwitches } from "./switches.js";
import { drawTurnstile, startTurnstile } from "./turnstile.js";
import { startWires } from "./wires.js";

// A turnstile moves without a word on any wire that is heard here.
const LOOK_MILLISECONDS = known.table.turnstile === null ? 3000 : 400;
const SETTLE_MILLISECONDS = 25;
const FIELD_SIGN = '<svg viewBox="0 0 64 64" aria-hidden="true"><rect x="4" y="20" width="34" height="24" rx="4" fill="none" stroke="currentColor" stroke-width="4"/><path d="M45 24c4 5 4 11 0 16M52 18c7 9 7 19 0 28" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round"/></svg>';

let table = known.table;
let looking = null;
let lookAgain = false;
let settling = 0;

// Replaces what a part shows, only when it changed, and keeps the focus where it was.
function redraw(part, signature, build) {
  if (part === null || part.dataset.signature === signature) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  part.replaceChildren(...build());
  part.dataset.signature = signature;
  if (focused !== undefined) part.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

async function look() {
  if (looking !== null) {
    lookAgain = true;
    return looking;
  }
  looking = (async () => {
    do {
      lookAgain = false;
      const seen = await fetch("/table").then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
      if (seen !== null) { table = seen; draw(); }
      setLive(seen !== null);
    } while (lookAgain);
    looking = null;
  })();
  return looking;
}

export const lookSoon = () => {
  clearTimeout(settling);
  settling = setTimeout(look, SETTLE_MILLISECONDS);
};

function setLive(well) {
  const live = document.getElementById("live");
  if (live.dataset.well === String(well)) return;
  live.dataset.well = String(well);
  document.getElementById("live-words").textContent = word(well ? "live" : "lost");
}

function draw() {
  if (document.body.dataset.dragging) return;
  drawDrawer();
  drawReaders();
  drawFaults(document.getElementById("card-faults"), table, look, redraw);
  drawPad(table.pad);
  drawPaper();
  drawTurnstile(table.turnstile);
  drawSwitches(table);
}

function drawDrawer() {
  const chosen = cards.chosenCard();
  redraw(document.getElementById("cards"), JSON.stringify([table.cards, chosen]), () => {
    if (table.cards.length === 0) return [element("li", { class: "hint" }, word("empty_drawer"))];
    return table.cards.map((card) => {
      const away = card.reader !== null;
      const face = cards.cardFace(card, {
        "data-key": card.name,
        "aria-pressed": String(chosen === card.name),
        "data-away": String(away),
        "aria-describedby": "drawer-hint",
        onclick: () => chooseOrForget(card),
      });
      if (away) face.querySelector(".card-note").textContent = word("on", { reader: card.reader });
      if (!away) cards.makeDraggable(face, card.name, null);
      return element("li", {}, face);
    });
  });
}

function chooseOrForget(card) {
  if (cards.chosenCard() === card.name) {
    cards.choose(null);
    return;
  }
  cards.choose(card.name);
  if (card.reader !== null) return;
  document.querySelector(".reader[data-ready='true'] .field")?.focus({ preventScroll: false });
}

function drawReaders() {
  const chosen = cards.chosenCard();
  const free = chosen !== null && table.cards.some((card) => card.name === chosen && card.reader === null);
  redraw(document.getElementById("readers"), JSON.stringify([table.readers, table.cards, chosen]), () =>
    table.readers.map((reader) => oneReader(reader, free ? chosen : null)));
}

function oneReader(reader, chosen) {
  const card = table.cards.find((one) => one.name === reader.card) ?? null;
  const ready = chosen !== null && reader.plugged;
  const lift = element("input", { type: "checkbox", checked: cards.lifting.has(reader.name), "data-key": `lift ${reader.name}` });
  lift.addEventListener("change", () => {
    if (lift.checked) cards.lifting.add(reader.name);
    else cards.lifting.delete(reader.name);
  });
  return element(
    "section",
    { class: "reader", "data-reader": reader.name, "data-plugged": String(reader.plugged), "data-ready": String(ready), "aria-label": `${word("reader")} ${reader.name}` },
    element("h3", {}, reader.name),
    card === null ? emptyField(reader, chosen) : laidCard(reader, card),
    element("div", { class: "reader-foot" }, element("label", {}, lift, word("lift"))),
  );
}

function emptyField(reader, chosen) {
  const text = !reader.plugged ? word("reader_out") : chosen !== null ? word("lay", { card: chosen }) : word("reader_empty");
  const field = element("button", { type: "button", class: "field", "data-key": `field ${reader.name}` });
  field.innerHTML = FIELD_SIGN;
  field.append(element("span", {}, text));
  field.addEventListener("click", () => {
    if (chosen !== null) cards.lay(chosen, reader.name);
    else say(word("drawer_hint"));
  });
  field.addEventListener("keydown", (event) => moveBetweenReaders(event));
  return field;
}

function laidCard(reader, card) {
  const face = cards.cardFace(card, {
    "data-key": `field ${reader.name}`,
    "aria-label": word("take", { card: card.name }),
    onclick: () => cards.take(card.name, reader.name),
  });
  face.style.touchAction = "none";
  cards.makeDraggable(face, card.name, reader.name);
  return face;
}

function moveBetweenReaders(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const fields = [...document.querySelectorAll("#readers .field, #readers .card")];
  const at = fields.indexOf(event.currentTarget);
  fields[(at + step + fields.length) % fields.length]?.focus();
}

function drawPaper() {
  const paper = document.getElementById("paper");
  if (paper === null || table.printer === null) return;
  const { tickets, hanging, waiting, has_paper: hasPaper } = table.printer;
  document.getElementById("tear-off").hidden = tickets.length === 0;
  paper.dataset.out = String(!hasPaper);
  redraw(paper, JSON.stringify(table.printer), () => {
    const shown = [];
    if (waiting > 0) shown.push(element("p", {}, word("paper_waits", { count: waiting })));
    if (hanging.length > 0) shown.push(onPaper(hanging, null));
    shown.push(...[...tickets].reverse().map((ticket) => onPaper(ticket.rows, ticket.number)));
    return shown.length > 0 ? shown : [element("p", {}, word("no_ticket"))];
  });
}

function onPaper(rows, number) {
  const sheet = element("pre", number === null ? {} : { "aria-label": word("ticket", { number }) });
  for (const row of rows) {
    sheet.append(row.bold || row.tall ? element("b", {}, row.text) : row.text, "\n");
  }
  return sheet;
}

// A terminal's page keeps its own size; only its picture is made smaller.
function fitScreens() {
  for (const bezel of document.querySelectorAll(".bezel")) {
    const frame = bezel.querySelector("iframe");
    const isWide = bezel.clientWidth > 700;
    const width = isWide ? Math.max(1024, bezel.clientWidth) : 540;
    const scale = bezel.clientWidth / width;
    frame.style.width = `${width}px`;
    frame.style.height = `${Math.ceil(bezel.clientHeight / scale)}px`;
    frame.style.transform = `scale(${scale})`;
  }
}

function startNewCard() {
  const form = document.getElementById("new-card-form");
  const name = document.getElementById("new-name");
  const kind = document.getElementById("new-kind");
  const trace = document.getElementById("new-trace");
  // A recorded card is made of a file; the simulator says whether it is a trace, and where not.
  const askForFile = () => {
    trace.required = kind.value === "trace";
    document.getElementById("new-trace-row").hidden = !trace.required;
  };
  kind.addEventListener("change", askForFile);
  askForFile();
  document.getElementById("new-card").addEventListener("click", () => { form.showModal(); name.focus(); });
  document.getElementById("new-close").addEventListener("click", () => form.close());
  document.getElementById("new-card-fields").addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = { name: name.value, kind: kind.value };
    if (trace.required) wanted.trace = await trace.files[0].text();
    const made = await ask("POST", "/cards", wanted);
    if (made === undefined) return;
    form.close();
    name.value = "";
    trace.value = "";
    await look();
    cards.focusCard(made.name);
  });
}

cards.start(draw, look);
startPad(look);
startSwitches(look);
startTurnstile(look);
startNewCard();
document.getElementById("tear-off")?.addEventListener("click", async () => { await ask("DELETE", "/printer/tickets"); await look(); });
startWires(known.sequence, lookSoon, setLive);
new ResizeObserver(fitScreens).observe(document.getElementById("table-top"));
fitScreens();
draw();
setInterval(look, LOOK_MILLISECONDS);
document.body.dataset.started = "true";
