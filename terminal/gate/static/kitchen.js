// Draws the kitchen's numbers every few seconds; when they stop coming, it says since when.
"use strict";

const PAUSE_MILLISECONDS = 4000;
const place = (id) => document.getElementById(id);
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

function serviceOf(one) {
  const box = element("section", "service");
  const title = element("h2", "", `${one.label} · ${one.hours}`);
  const numbers = element("dl", "numbers");
  numbers.append(numberOf("prévus", one.expected), numberOf("passés", one.passed), numberOf("à venir", one.remaining, "rest"));
  box.append(title, numbers);
  return box;
}

function draw(counts) {
  last = counts;
  const services = counts.services.map(serviceOf);
  place("services").replaceChildren(...(services.length ? services : [element("p", "none", "Pas de service aujourd’hui.")]));
  place("link").textContent = counts.link_words;
  place("link").dataset.online = String(counts.online);
  place("list").textContent = counts.list_words;
  place("list").dataset.stale = String(counts.list_stale);
  place("fresh").textContent = `à ${counts.time}`;
  place("siblings").textContent = counts.siblings_words ? ` · ${counts.siblings_words}` : "";
}

async function turn() {
  try {
    const answer = await fetch("/cuisine/comptes");
    if (answer.status === 403) return location.assign("/");
    draw(await answer.json());
  } catch {
    place("link").textContent = "borne arrêtée";
    place("link").dataset.online = "false";
    place("fresh").textContent = last ? `nombres de ${last.time}, arrêtés` : "";
  }
  setTimeout(turn, PAUSE_MILLISECONDS);
}

draw(JSON.parse(document.body.dataset.counts));
setTimeout(turn, PAUSE_MILLISECONDS);
