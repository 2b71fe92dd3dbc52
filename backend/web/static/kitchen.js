// Draws the kitchen's numbers every few seconds; when they stop coming, it says since when.
"use strict";

const PAUSE_MILLISECONDS = 5000;
const place = (id) => document.getElementById(id);
const said = JSON.parse(document.body.dataset.said);
let last = null;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function numberOf(name, value, className) {
  const box = element("div", className);
  box.append(element("dt", "", name), element("dd", "", String(value)));
  return box;
}

function rowOf(cells, head) {
  const row = element("tr");
  cells.forEach((text, at) => {
    const cell = element(at === 0 || head ? "th" : "td", "", String(text));
    if (cell.tagName === "TH") cell.scope = head ? "col" : "row";
    row.append(cell);
  });
  return row;
}

function tableOf(service) {
  const table = element("table");
  const head = element("thead");
  head.append(rowOf([said.diet, said.expected, said.passed, said.remaining], true));
  const body = element("tbody");
  body.append(...service.diets.map((one) => rowOf([one.diet, one.expected, one.passed, one.remaining], false)));
  table.append(head, body);
  return table;
}

function serviceOf(one) {
  const box = element("section", "service");
  const numbers = element("dl", "numbers");
  numbers.append(numberOf(said.expected, one.expected), numberOf(said.passed, one.passed), numberOf(said.remaining, one.remaining, "rest"));
  box.append(element("h2", "", `${one.label} · ${one.hours}`), numbers);
  if (one.diets.length) box.append(tableOf(one));
  return box;
}

function draw(counts) {
  last = counts;
  const services = counts.services.map(serviceOf);
  place("services").replaceChildren(...(services.length ? services : [element("p", "none", said.none)]));
  place("silent").replaceChildren(...counts.silent.map((words) => element("li", "", words)));
  say(said.at.replace("{hour}", counts.time), false);
}

function say(words, stale) {
  place("fresh").textContent = words;
  place("fresh").dataset.stale = String(stale);
}

async function turn() {
  try {
    const answer = await fetch(`${location.pathname}/comptes${location.search}`);
    if (answer.status === 404) return say(said.gone, true);
    if (!answer.ok) throw new Error(String(answer.status));
    draw(await answer.json());
  } catch {
    say(last ? said.cut_off_since.replace("{hour}", last.time) : said.cut_off, true);
  }
  setTimeout(turn, PAUSE_MILLISECONDS);
}

draw(JSON.parse(document.body.dataset.counts));
setTimeout(turn, PAUSE_MILLISECONDS);
