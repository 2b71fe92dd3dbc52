// What the wires carry, as it happens: three lanes on one time line, a line each.

import { element, say, word } from "./api.js";

const LINES_MAX = 400;
const REPEATS_SEEN = 4;
const LANE = { card: "card", pad: "device", printer: "device", turnstile: "device", http: "http" };
const BAD = /refused|failed|none|lost|mute|error|torn|unreadable|out$|denied|not genuine|ends|cut/i;
const news = [];
const hidden = new Set();
let paused = false;
let showsRoutine = false;
let wanted = "";
let dropped = 0;

const log = document.getElementById("wire-log");
const lines = document.getElementById("wire-lines");
const hour = new Intl.DateTimeFormat("fr-FR", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, timeZone: "Europe/Paris" });

export function startWires(sequence, onNews, onLive) {
  startControls();
  const after = Math.max(0, sequence - 200);
  const stream = new EventSource(`/events?after=${after}`);
  const hear = (event) => {
    const one = JSON.parse(event.data);
    if (news.length > 0 && one.sequence <= news[news.length - 1].sequence) return;
    add(one);
    onNews();
  };
  for (const wire of Object.keys(LANE)) stream.addEventListener(wire, hear);
  stream.addEventListener("dropped", (event) => { dropped += JSON.parse(event.data).dropped; });
  stream.addEventListener("open", () => onLive(true));
  stream.addEventListener("error", () => onLive(false));
}

function add(one) {
  news.push(one);
  if (news.length > LINES_MAX) news.shift();
  if (paused) return;
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (dropped > 0) {
    lines.append(element("li", { class: "wire-lost" }, word("dropped", { count: dropped })));
    dropped = 0;
  }
  if (isShown(one) && !isSaidAgain(one)) lines.append(line(one));
  while (lines.childElementCount > LINES_MAX) lines.firstElementChild.remove();
  document.getElementById("wire-empty").hidden = lines.childElementCount > 0;
  if (follows) log.scrollTop = log.scrollHeight;
}

// What only repeats itself is counted on the line that said it first.
function isSaidAgain(one) {
  if (one.wire !== "http" || !isBad(one)) return false;
  const same = [...lines.children].slice(-REPEATS_SEEN).find((each) => each.dataset.said === saidBy(one));
  if (same === undefined) return false;
  same.dataset.times = String(Number(same.dataset.times) + 1);
  same.querySelector(".wire-times").textContent = ` ×${same.dataset.times}`;
  return true;
}

const saidBy = (one) => `${one.place} ${one.words} ${one.answer}`;

function isShown(one) {
  if (hidden.has(LANE[one.wire]) || (isRoutine(one) && !showsRoutine)) return false;
  return wanted === "" || textOf(one).toLowerCase().includes(wanted);
}

// Power comes and goes as the daemon pleases, and each packet of the pad is acknowledged.
const isRoutine = (one) => one.routine || one.what === "power" || (one.wire === "pad" && one.words === "understood (ACK)");

const textOf = (one) => [one.place, one.card, one.words, one.answer, one.status, one.path, one.command_hex, one.answer_hex].filter(Boolean).join(" ");

const isBad = (one) => BAD.test(one.answer ?? "") || (one.what !== "exchange" && BAD.test(one.words))
  || Number(one.status ?? 0) >= 400 && one.wire === "http";

function line(one) {
  const said = element("span", { class: "wire-said", "data-lane": LANE[one.wire] });
  said.append(one.wire === "card" || one.wire === "http" ? `${one.card ?? one.place}: ${one.words}` : one.words);
  if (one.answer !== undefined) said.append(" ", element("span", { class: "wire-answer" }, `→ ${one.answer}`));
  const details = element("details", { class: "wire-line", "data-bad": String(isBad(one)), "data-sequence": String(one.sequence) },
    element("summary", {}, element("span", { class: "wire-hour" }, hour.format(new Date(one.at))), said));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(element("div", { class: "wire-detail" }, detailOf(one)));
  });
  said.append(element("span", { class: "wire-times" }));
  return element("li", { "data-said": saidBy(one), "data-times": "1" }, details);
}

function detailOf(one) {
  const { sequence, at, wire, what, words: _words, answer: _answer, asked, told, routine: _routine, microseconds, ...rest } = one;
  const shown = [`${sequence} · ${at} · ${wire} · ${what}`];
  for (const [name, value] of Object.entries(rest)) shown.push(`${name.replaceAll("_", " ")}: ${value}`);
  if (microseconds !== undefined) shown.push(`${(microseconds / 1000).toFixed(1)} ms`);
  if (asked) shown.push(`→ ${JSON.stringify(asked, null, 1)}`);
  if (told) shown.push(`← ${JSON.stringify(told, null, 1)}`);
  return shown.join("\n");
}

function redrawAll() {
  lines.replaceChildren(...news.filter(isShown).map(line));
  document.getElementById("wire-empty").hidden = lines.childElementCount > 0;
  log.scrollTop = log.scrollHeight;
  const wires = Object.keys(LANE).filter((wire) => wire !== "turnstile" && !hidden.has(LANE[wire])).map((wire) => `&wire=${wire}`).join("");
  for (const [id, form] of [["export-text", "text"], ["export-lines", "jsonl"]]) {
    document.getElementById(id).href = `/wire?form=${form}${wires}`;
  }
}

function startControls() {
  for (const chip of document.querySelectorAll("[data-lane][aria-pressed]")) {
    chip.addEventListener("click", () => {
      const shown = chip.getAttribute("aria-pressed") !== "true";
      chip.setAttribute("aria-pressed", String(shown));
      if (shown) hidden.delete(chip.dataset.lane);
      else hidden.add(chip.dataset.lane);
      redrawAll();
    });
  }
  const routine = document.getElementById("routine");
  routine.addEventListener("click", () => {
    showsRoutine = !showsRoutine;
    routine.setAttribute("aria-pressed", String(showsRoutine));
    redrawAll();
  });
  document.getElementById("wire-search").addEventListener("input", (event) => {
    wanted = event.target.value.trim().toLowerCase();
    redrawAll();
  });
  const pause = document.getElementById("wire-pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = word(paused ? "go_on" : "pause");
    if (!paused) redrawAll();
  });
  document.getElementById("wire-clear").addEventListener("click", () => { news.length = 0; redrawAll(); });
  const fold = document.getElementById("wire-fold");
  fold.addEventListener("click", () => {
    const folds = fold.getAttribute("aria-expanded") === "true";
    fold.setAttribute("aria-expanded", String(!folds));
    fold.textContent = word(folds ? "unfold" : "fold");
    document.getElementById("wires").dataset.folded = String(folds);
    say("");
  });
}
