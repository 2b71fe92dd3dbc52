// Cards: how one looks, how it is dragged with mouse or finger, how it is moved with the keyboard.

import { ask, cardPath, element, known, readerPath, say, word } from "./api.js";

const DRAG_PIXELS_MIN = 6;
const LIFT_MILLISECONDS = 2000;
const KIND_COLOURS = {
  blank: "#3d5a80", ev1: "#52606d", ev3: "#2f4b7c", "random-uid": "#5b4b8a", foreign: "#7a4b2a",
  bank: "#8a6d1d", phone: "#1c1f26", iso7816: "#5f6b5b", clone: "#7b2d42", trace: "#4a4e69",
};
const FAULT_SIGN = '<svg viewBox="0 0 24 24" role="img" aria-hidden="true"><path d="M13 2 4 14h6l-1 8 9-12h-6z" fill="currentColor"/></svg>';

export const lifting = new Set();  // readers whose card leaves by itself
const timers = new Map();
let chosen = null;
let refresh = () => {};
let changed = () => {};

export function start(onChange, onRefresh) {
  changed = onChange;
  refresh = onRefresh;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen !== null && !document.querySelector("dialog[open]")) choose(null);
  });
}

export const chosenCard = () => chosen;

export function choose(name) {
  const before = chosen;
  chosen = name;
  changed();
  if (name !== null && name !== before) say(word("chosen", { card: name }));
  if (name === null && before !== null) focusCard(before);
}

export function focusCard(name) {
  document.querySelector(`#cards [data-card="${CSS.escape(name)}"]`)?.focus();
}

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const isFaulty = (card) => card.faults.tear_after !== null || card.faults.slow_milliseconds > 0
  || card.faults.mute_after !== null || card.faults.corrupt_answer !== null || card.faults.random_uid;

export function cardFace(card, attributes) {
  const colour = card.colour ?? KIND_COLOURS[card.kind] ?? KIND_COLOURS.blank;
  const face = element("button", { type: "button", class: "card", "data-card": card.name, ...attributes });
  face.style.setProperty("--card-colour", colour);
  // The lighter edge of the card's shine is 10 % white: compare against that, not the bare colour.
  face.style.setProperty("--card-ink", luminance(colour) > 0.19 ? "#10151f" : "#ffffff");
  const name = element("span", { class: "card-name" }, card.name);
  if (isFaulty(card)) name.insertAdjacentHTML("beforeend", FAULT_SIGN);
  face.append(name, element("span", { class: "card-note" }, card.note || known.kinds[card.kind]));
  return face;
}

export async function lay(card, reader) {
  clearTimeout(timers.get(reader));
  if (chosen !== null) choose(null);
  const laid = await ask("PUT", `${readerPath(reader)}/card`, { card });
  if (laid !== undefined) {
    say(word("laid", { card, reader }));
    if (lifting.has(reader)) timers.set(reader, setTimeout(() => take(card, reader), LIFT_MILLISECONDS));
  }
  await refresh();
}

export async function take(card, reader) {
  clearTimeout(timers.get(reader));
  const taken = await ask("DELETE", `${readerPath(reader)}/card`);
  if (taken !== undefined) say(word("taken", { card }));
  await refresh();
}

const readerUnder = (x, y) => document.elementFromPoint(x, y)?.closest(".reader") ?? null;

function mark(target) {
  for (const reader of document.querySelectorAll(".reader")) {
    reader.dataset.over = String(reader === target);
  }
}

// One drag at a time, for mouse, pen and finger alike. `from` is the reader it lies on, or null.
export function makeDraggable(face, card, from) {
  face.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) return;
    let ghost = null;
    const move = (event) => {
      const far = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
      if (ghost === null && far < DRAG_PIXELS_MIN) return;
      if (ghost === null) {
        ghost = face.cloneNode(true);
        ghost.classList.add("ghost");
        ghost.removeAttribute("data-card");
        document.body.append(ghost);
        document.body.dataset.dragging = "true";
      }
      ghost.style.left = `${event.clientX}px`;
      ghost.style.top = `${event.clientY}px`;
      mark(readerUnder(event.clientX, event.clientY));
    };
    const end = (event) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      if (ghost === null) return;
      ghost.remove();
      delete document.body.dataset.dragging;
      mark(null);
      window.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
      if (event.type === "pointerup") drop(readerUnder(event.clientX, event.clientY));
    };
    const drop = async (target) => {
      const reader = target?.dataset.reader ?? null;
      if (reader === from) return;
      if (from !== null) await take(card, from);
      if (reader !== null) await lay(card, reader);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
  });
  face.addEventListener("dragstart", (event) => event.preventDefault());
}

function swallow(event) {
  event.stopPropagation();
  event.preventDefault();
}

export async function setFaults(card, faults) {
  await ask("PUT", `${cardPath(card.name)}/faults`, { ...card.faults, ...faults });
  await refresh();
}
